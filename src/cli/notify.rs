//! Over what people are told of leaks: `[notify]` of the configuration, with the secrets and files
//! that it names, unless the policy says that nobody is.

use std::path::Path;

use thiserror::Error;

use super::ask;
use super::config::{AddressPlace, ConfigFile, SmtpTable, WebhookForm, WebhookTable};
use super::environment::Environment;
use super::exit::Failure;
use crate::model::Secret;
use crate::providers::notify::{MailOptions, Mailer, MailerError, WebhookError};
use crate::respond::notify::{Channels, PostChannel, PostFormat};

/// Why nobody can be told.
#[derive(Debug, Error)]
enum NotifyError {
    #[error("{of}: the environment variable {name}, which `{key}` names, is not set")]
    Unset {
        of: String,
        key: &'static str,
        name: String,
    },
    #[error("{of}: cannot send mail")]
    Mail { of: String, source: MailerError },
    #[error("{of}: cannot post to the address")]
    Webhook { of: String, source: WebhookError },
}

/// A table of the configuration, for complaints.
struct Place<'p> {
    file: Option<&'p Path>,
    line: usize,
    name: &'static str,
}

impl Place<'_> {
    fn of(&self) -> String {
        match self.file {
            Some(path) => format!("{}:{}: {}", path.display(), self.line, self.name),
            None => self.name.to_owned(),
        }
    }

    /// The secret in the variable `name`, which `key` names.
    fn secret(
        &self,
        key: &'static str,
        name: &str,
        environment: &Environment,
    ) -> Result<Secret, Failure> {
        environment.secret(name).ok_or_else(|| {
            let error = NotifyError::Unset {
                of: self.of(),
                key,
                name: name.to_owned(),
            };
            Failure::new(&error, None)
        })
    }
}

/// Resolves `[notify]`; no connection is open yet.
pub(super) fn channels(file: &ConfigFile, environment: &Environment) -> Result<Channels, Failure> {
    if !file.policy.tells() {
        return Ok(Channels::default());
    }
    let table = &file.notify;
    let mailer = table.smtp.as_ref();
    let posts = table.webhooks.iter();
    Ok(Channels {
        mailer: mailer
            .map(|smtp| self::mailer(smtp, file, environment))
            .transpose()?,
        security_contact: table.security_contact.clone(),
        posts: posts
            .map(|webhook| post(webhook, file, environment))
            .collect::<Result<_, _>>()?,
        remind_after: table.remind_after,
    })
}

fn mailer(
    smtp: &SmtpTable,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<Mailer, Failure> {
    let place = Place {
        file: file.path.as_deref(),
        line: smtp.line,
        name: "[notify.smtp]",
    };
    let login = match &smtp.login {
        Some((user, variable)) => {
            let password = place.secret("password_env", variable, environment)?;
            Some((user.clone(), password))
        }
        None => None,
    };
    let options = MailOptions {
        host: smtp.host.clone(),
        port: smtp.port,
        encryption: smtp.encryption,
        authorities: smtp.ca_file.as_deref().map(ask::certificates).transpose()?,
        login,
        from: smtp.from.clone(),
    };
    Mailer::new(&options).map_err(|source| {
        let of = place.of();
        Failure::new(&NotifyError::Mail { of, source }, None)
    })
}

fn post(
    webhook: &WebhookTable,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<PostChannel, Failure> {
    let place = Place {
        file: file.path.as_deref(),
        line: webhook.line,
        name: "[[notify.webhook]]",
    };
    let address = match &webhook.address {
        AddressPlace::Here(address) => Secret::new(address.as_bytes()),
        AddressPlace::Variable(name) => place.secret("url_env", name, environment)?,
    };
    let format = match &webhook.form {
        WebhookForm::Json { secret } => PostFormat::Json {
            secret: place.secret("secret_env", secret, environment)?,
        },
        WebhookForm::Teams => PostFormat::Teams,
        WebhookForm::Slack => PostFormat::Slack,
    };
    let authorities = webhook
        .ca_file
        .as_deref()
        .map(ask::certificates)
        .transpose()?;
    PostChannel::new(format, &address, authorities.as_deref()).map_err(|source| {
        let of = place.of();
        Failure::new(&NotifyError::Webhook { of, source }, None)
    })
}
