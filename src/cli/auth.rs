//! `auth check`: who a credential is, and which of the needed rights it has.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Serialize;
use thiserror::Error;

use super::administrator::{self, Credential};
use super::args::{AnswerFormat, AuthCheck, Common};
use super::ask;
use super::config;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::generate::print;
use crate::model::{Answer, Owner};
use crate::providers::azure_devops::{
    AzureDevOps, Base, ListQuestion, ListVersion, Refusal, TenantPolicyName, Told,
};
use crate::providers::entra::Grant;
use crate::providers::http::Http;
use crate::report::escape_for_terminal;

/// How long is asked at most.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Why nobody can be asked.
#[derive(Debug, Error)]
enum AuthError {
    #[error("no credential to check for {organization}")]
    None { organization: String },
    #[error("Azure DevOps Server has no list of all tokens, and no rights to it")]
    Server,
}

/// What is known of a credential at one organisation.
#[derive(Debug, Serialize)]
struct Checked {
    organization: String,
    credential: &'static str,
    identity: Option<Identity>,
    rights: Vec<Right>,
}

/// Whom the organisation takes it for.
#[derive(Debug, Serialize)]
struct Identity {
    id: Option<String>,
    descriptor: Option<String>,
    name: Option<String>,
    account: Option<String>,
}

/// A right that is needed.
#[derive(Debug, Serialize)]
struct Right {
    name: &'static str,
    held: &'static str,
    #[serde(skip)]
    answer: Answer,
    /// Why not, or why that is not known.
    message: Option<String>,
}

/// Asks each organisation.
pub(super) fn check(
    common: &Common,
    args: &AuthCheck,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    ask::check_organizations(&args.at.org)?;
    let file = config::load(common, environment)?;
    let gateway = args.at.azure_devops_url.as_ref();
    let base = ask::base(args.at.server_url.as_ref(), gateway, environment)?;
    if let Base::Server(_) = base {
        return Err(Failure::new(&AuthError::Server, None));
    }
    let options = ask::http(&base, args.at.ca_file.as_deref())?;
    let credentials = administrator::credentials(&args.at.administrator, &file, environment)?;
    let http = Http::new(&options).map_err(|error| Failure::new(&error, None))?;
    let service = AzureDevOps::new(http, base.clone());
    let deadline = Instant::now() + args.at.timeout.unwrap_or(DEFAULT_TIMEOUT);
    let mut all = Vec::new();
    for organization in &args.at.org {
        let organization = organization.to_ascii_lowercase();
        let credential = for_organization(&credentials, &organization)?;
        let authority = environment.authority_host.as_deref();
        let access = administrator::ready(credential, (&options, &base), authority)?;
        let asking = Check {
            service: &service,
            organization,
            grant: access
                .credentials
                .grant(deadline.saturating_duration_since(Instant::now()))
                .map_err(|error| Failure::new(&error, error.hint()))?,
            deadline,
        };
        all.push(asking.check(credential.way.name()));
    }
    match args.format.unwrap_or(AnswerFormat::Text) {
        AnswerFormat::Text => print(all.iter().map(text).collect::<String>().as_bytes())?,
        AnswerFormat::Json => {
            let json = serde_json::json!({ "schema": "patsweep-auth/1", "checked": all });
            print(format!("{json:#}\n").as_bytes())?
        }
    };
    Ok(exit(&all).into())
}

fn for_organization<'a>(
    credentials: &'a [Credential],
    organization: &str,
) -> Result<&'a Credential, Failure> {
    let names = |one: &&Credential| one.organizations.iter().any(|name| name == organization);
    let all = || credentials.iter();
    all()
        .find(names)
        .or_else(|| all().find(|one| one.organizations.is_empty()))
        .ok_or_else(|| {
            let organization = organization.to_owned();
            let hint = "name one with --auth, or write [[credentials]] into the configuration";
            Failure::new(&AuthError::None { organization }, Some(hint.to_owned()))
        })
}

fn exit(all: &[Checked]) -> Exit {
    let answers = || all.iter().flat_map(|checked| &checked.rights);
    if answers().any(|right| right.answer == Answer::No) {
        Exit::NO
    } else if answers().any(|right| right.answer == Answer::Unknown) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// A credential that is being checked.
struct Check<'a> {
    service: &'a AzureDevOps,
    organization: String,
    grant: Grant,
    deadline: Instant,
}

impl Check<'_> {
    fn check(&self, credential: &'static str) -> Checked {
        let (organization, grant) = (&*self.organization, self.grant.credential());
        let who = self.ask(|timeout| self.service.who_am_i(organization, grant, timeout));
        let users = self.ask(|timeout| self.service.users(organization, None, grant, timeout));
        let policies = self.ask(|timeout| {
            let name = TenantPolicyName::RevokeLeaked;
            self.service
                .tenant_policy(organization, name, grant, timeout)
        });
        let audit = self.ask(|timeout| self.service.can_read_audit(organization, grant, timeout));
        let own = who.outcome.as_ref().ok();
        let somebody = users.outcome.as_ref().ok();
        let somebody = somebody.and_then(|page| page.items.first());
        let rights = vec![
            right("sign in", &who),
            right("read users", &users),
            self.list(
                own.and_then(|own| own.descriptor.as_deref()),
                somebody.map(|user| user.descriptor.as_str()),
            ),
            right("read policies", &policies),
            right("read the audit log", &audit),
        ];
        Checked {
            organization: self.organization.clone(),
            credential,
            identity: who.outcome.ok().map(identity),
            rights,
        }
    }

    /// Whether tokens of others may be listed: one's own are asked for, one at most. An application
    /// has none, and is no person to the list: somebody else's are asked for then.
    fn list(&self, own: Option<&str>, somebody: Option<&str>) -> Right {
        const NAME: &str = "list tokens";
        let mut last = None;
        for descriptor in own.into_iter().chain(somebody) {
            let told = self.ask(|timeout| {
                let question = ListQuestion {
                    organization: &self.organization,
                    descriptor,
                    version: ListVersion::V71,
                    continuation: None,
                    page_size: 1,
                };
                self.service
                    .pats(question, self.grant.credential(), timeout)
            });
            let is_no_person = matches!(told.outcome, Err(Refusal::UnknownUser));
            last = Some(right(NAME, &told));
            if !is_no_person {
                break;
            }
        }
        last.unwrap_or_else(|| Right {
            name: NAME,
            held: Answer::Unknown.as_str(),
            answer: Answer::Unknown,
            message: Some("nobody is known whose tokens could be asked for".to_owned()),
        })
    }

    /// Asks, and once more where the service was only busy.
    fn ask<T>(&self, send: impl Fn(Duration) -> Told<T>) -> Told<T> {
        let left = || {
            let left = self.deadline.saturating_duration_since(Instant::now());
            left.max(Duration::from_millis(1))
        };
        let told = send(left());
        let is_busy = matches!(told.outcome, Err(Refusal::Throttled | Refusal::Outage));
        match told.pause.filter(|&pause| is_busy && pause < left()) {
            Some(pause) => {
                std::thread::sleep(pause);
                send(left())
            }
            None => told,
        }
    }
}

fn right<T>(name: &'static str, told: &Told<T>) -> Right {
    let answer = match &told.outcome {
        Ok(_) => Answer::Yes,
        Err(Refusal::NotAllowed | Refusal::ServicePrincipal | Refusal::Missing) => Answer::No,
        Err(_) => Answer::Unknown,
    };
    Right {
        name,
        held: answer.as_str(),
        answer,
        message: (answer != Answer::Yes).then(|| told.evidence.in_words()),
    }
}

fn identity(owner: Owner) -> Identity {
    Identity {
        id: owner.id,
        descriptor: owner.descriptor,
        name: owner.name,
        account: owner.account,
    }
}

fn text(checked: &Checked) -> String {
    let mut text = format!("{}\n", checked.organization);
    let mut row = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<18}  {}", escape_for_terminal(value));
    };
    row("credential", checked.credential);
    if let Some(identity) = &checked.identity {
        let name = identity
            .name
            .as_deref()
            .unwrap_or("somebody without a name");
        match &identity.account {
            Some(account) => row("signed in as", &format!("{name} <{account}>")),
            None => row("signed in as", name),
        }
        row("id", identity.id.as_deref().unwrap_or("unknown"));
        row(
            "descriptor",
            identity.descriptor.as_deref().unwrap_or("unknown"),
        );
    }
    for right in &checked.rights {
        match &right.message {
            None => row(right.name, right.held),
            Some(message) => row(right.name, &format!("{}: {message}", right.held)),
        }
    }
    text
}
