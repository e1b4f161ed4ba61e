//! `[notify]`: who is told of leaks, and how they are reached.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::choice;
use crate::providers::notify::{Encryption, Mailbox};
use crate::rules::document::{Field, KeyError, Section};

/// The keys of the table.
const KEYS: &[&str] = &["security_contact", "remind_after", "smtp", "webhook"];
/// The keys of `[notify.smtp]`.
const SMTP_KEYS: &[&str] = &[
    "host",
    "port",
    "tls",
    "ca_file",
    "user",
    "password_env",
    "from",
];
/// The keys of `[[notify.webhook]]`.
const WEBHOOK_KEYS: &[&str] = &["kind", "url", "url_env", "secret_env", "ca_file"];

/// What the table says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::cli) struct NotifyTable {
    /// `security_contact`.
    pub(in crate::cli) security_contact: Option<Mailbox>,
    /// `remind_after`.
    pub(in crate::cli) remind_after: Option<SignedDuration>,
    /// `[notify.smtp]`.
    pub(in crate::cli) smtp: Option<SmtpTable>,
    /// `[[notify.webhook]]`.
    pub(in crate::cli) webhooks: Vec<WebhookTable>,
}

/// `[notify.smtp]`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) struct SmtpTable {
    /// `host`.
    pub(in crate::cli) host: String,
    /// `port`, or the usual one.
    pub(in crate::cli) port: u16,
    /// `tls`.
    pub(in crate::cli) encryption: Encryption,
    /// `ca_file`, relative to the file's folder.
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// `user`, and the variable named by `password_env`.
    pub(in crate::cli) login: Option<(String, String)>,
    /// `from`.
    pub(in crate::cli) from: Mailbox,
    /// The line on which the table starts, 1-based.
    pub(in crate::cli) line: usize,
}

/// `[[notify.webhook]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct WebhookTable {
    /// `kind`, with what that needs.
    pub(in crate::cli) form: WebhookForm,
    /// `url` or `url_env`.
    pub(in crate::cli) address: AddressPlace,
    /// `ca_file`, relative to the file's folder.
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// The line on which the table starts, 1-based.
    pub(in crate::cli) line: usize,
}

/// The form of what is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum WebhookForm {
    /// `patsweep-notification/1`.
    Json {
        /// The variable named by `secret_env`.
        secret: String,
    },
    /// A card for Microsoft Teams.
    Teams,
    /// Blocks for Slack.
    Slack,
}

/// Where the address of a webhook stands. Those of Teams and Slack are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum AddressPlace {
    /// In the configuration.
    Here(String),
    /// In an environment variable.
    Variable(String),
}

/// Reads the table, if there is one.
pub(super) fn parse(root: &Section<'_, '_>, folder: &Path) -> Result<NotifyTable, KeyError> {
    let Some(table) = root.table("notify", KEYS)? else {
        return Ok(NotifyTable::default());
    };
    let smtp = table.table("smtp", SMTP_KEYS)?;
    let contact = table.string("security_contact")?;
    if let (Some(contact), None) = (&contact, &smtp) {
        let what = "nobody sends mail without [notify.smtp]";
        return Err(contact.reject(what, None));
    }
    let webhooks = table.tables("webhook", WEBHOOK_KEYS)?;
    Ok(NotifyTable {
        security_contact: contact.map(|field| mailbox(&field)).transpose()?,
        remind_after: table
            .string("remind_after")?
            .map(|field| span(&field))
            .transpose()?,
        smtp: smtp.map(|table| server(&table, folder)).transpose()?,
        webhooks: webhooks
            .iter()
            .map(|table| webhook(table, folder))
            .collect::<Result<_, _>>()?,
    })
}

fn server(table: &Section<'_, '_>, folder: &Path) -> Result<SmtpTable, KeyError> {
    let host = table.required("host")?;
    let names = Encryption::ALL.map(Encryption::as_str).join(", ");
    let encryption = choice(table, "tls", Encryption::named, &names)?.unwrap_or_default();
    if !encryption.is_allowed_for(&host.value) {
        let what = "only loopback may go without TLS";
        return Err(table.reject("tls", what, Some("use \"starttls\" or \"tls\"")));
    }
    let ca_file = table.string("ca_file")?;
    if let (Some(ca_file), Encryption::None) = (&ca_file, encryption) {
        return Err(ca_file.reject("not used by `tls = \"none\"`", None));
    }
    let port = match table.unsigned("port")? {
        Some(field) => {
            let port = u16::try_from(field.value).ok().filter(|port| *port > 0);
            port.ok_or_else(|| field.reject("not between 1 and 65535", None))?
        }
        None => encryption.port(),
    };
    let login = match (table.string("user")?, table.string("password_env")?) {
        (Some(user), Some(variable)) => Some((user.value, variable.value)),
        (Some(_), None) => return Err(table.missing("password_env")),
        (None, Some(_)) => return Err(table.missing("user")),
        (None, None) => None,
    };
    Ok(SmtpTable {
        host: host.value,
        port,
        encryption,
        ca_file: ca_file.map(|path| folder.join(path.value)),
        login,
        from: mailbox(&table.required("from")?)?,
        line: table.line(),
    })
}

fn webhook(table: &Section<'_, '_>, folder: &Path) -> Result<WebhookTable, KeyError> {
    let kind = table.required("kind")?;
    let secret = table.string("secret_env")?;
    let form = match (&*kind.value, secret) {
        ("json", Some(secret)) => WebhookForm::Json {
            secret: secret.value,
        },
        ("json", None) => return Err(table.missing("secret_env")),
        ("teams", None) => WebhookForm::Teams,
        ("slack", None) => WebhookForm::Slack,
        (name @ ("teams" | "slack"), Some(secret)) => {
            return Err(secret.reject(format!("not used by `kind = \"{name}\"`"), None));
        }
        (name, _) => {
            let what = format!("`{}` is none of json, teams, slack", name.escape_debug());
            return Err(kind.reject(what, None));
        }
    };
    let address = match (table.string("url")?, table.string("url_env")?) {
        (Some(url), None) => AddressPlace::Here(url.value),
        (None, Some(variable)) => AddressPlace::Variable(variable.value),
        (Some(_), Some(field)) => {
            return Err(field.reject("only one of `url` and `url_env` is used", None));
        }
        (None, None) => return Err(table.missing("url")),
    };
    let ca_file = table.string("ca_file")?;
    Ok(WebhookTable {
        form,
        address,
        ca_file: ca_file.map(|path| folder.join(path.value)),
        line: table.line(),
    })
}

fn mailbox(field: &Field<String>) -> Result<Mailbox, KeyError> {
    let what = || format!("`{}` is no address for mail", field.value.escape_debug());
    let hint = Some("write it as in leaks@example.org");
    field.value.parse().map_err(|_| field.reject(what(), hint))
}

/// A span of time; days have 24 hours.
fn span(field: &Field<String>) -> Result<SignedDuration, KeyError> {
    let span = field.value.parse::<Span>();
    let span = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let usable = span.ok().filter(SignedDuration::is_positive);
    usable.ok_or_else(|| field.reject("is no span of time", Some("write it as in 7d or 36h")))
}
