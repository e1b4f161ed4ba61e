//! Mail by SMTP: over TLS that is verified, unless it stays on this machine.

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox as Sender, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, SmtpTransport, Transport};

use super::{TIMEOUT, Undelivered};
use crate::model::Secret;
use crate::providers::http::{Authority, AuthorityError};
use crate::providers::{Scrubber, crash};

/// An address for mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox(Address);

/// It is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address for mail")]
pub struct MailboxError;

impl FromStr for Mailbox {
    type Err = MailboxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| MailboxError)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How mail is kept from being read on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// The connection is upgraded before anything is told, or given up.
    #[default]
    Starttls,
    /// TLS from the first byte on.
    Tls,
    /// Not at all: on this machine alone.
    None,
}

impl Encryption {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Starttls, Self::Tls, Self::None];

    /// The name in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The port that servers listen on for it.
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }

    /// Whether it may be used towards `host`.
    pub fn is_allowed_for(self, host: &str) -> bool {
        match self {
            Self::Starttls | Self::Tls => true,
            Self::None => {
                let is_loopback = |address: IpAddr| address.is_loopback();
                host == "localhost" || host.parse().is_ok_and(is_loopback)
            }
        }
    }
}

/// Which server takes mail, and as whom.
#[derive(Clone, Debug)]
pub struct MailOptions {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How mail is kept from being read on its way.
    pub encryption: Encryption,
    /// Certificates, in PEM, of those who are trusted beside those whom the system trusts.
    pub authorities: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Who writes.
    pub from: Mailbox,
}

/// Why no mail can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// There is no certificate to trust.
    #[error(transparent)]
    Authorities(#[from] AuthorityError),
    /// TLS cannot be set up.
    #[error("cannot set up TLS for mail")]
    Tls(#[source] lettre::transport::smtp::Error),
    /// Mail and login would be readable on the way.
    #[error("mail to {host} needs TLS: only loopback may go without")]
    NotEncrypted {
        /// The server.
        host: String,
    },
}

/// A mail.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'m> {
    /// To whom.
    pub to: &'m Mailbox,
    /// What it is about.
    pub subject: &'m str,
    /// What it says.
    pub text: &'m str,
    /// What it is known by: the same in every try.
    pub id: &'m str,
    /// The mail that it follows.
    pub follows: Option<&'m str>,
}

/// Sends mail.
pub struct Mailer {
    transport: SmtpTransport,
    from: Mailbox,
    scrubber: Scrubber,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer(from {})", self.from)
    }
}

impl Mailer {
    /// Whoever sends as `options` say; no connection is open yet.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up, or is done without where it must not be.
    pub fn new(options: &MailOptions) -> Result<Self, MailerError> {
        if !options.encryption.is_allowed_for(&options.host) {
            let host = options.host.clone();
            return Err(MailerError::NotEncrypted { host });
        }
        let tls = match options.encryption {
            Encryption::Starttls => Tls::Required(parameters(options)?),
            Encryption::Tls => Tls::Wrapper(parameters(options)?),
            Encryption::None => Tls::None,
        };
        // It connects as it is told to; the encryption is given right here.
        let mut builder = SmtpTransport::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some((user, password)) = &options.login {
            let password = String::from_utf8_lossy(password.expose()).into_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: options.from.clone(),
            scrubber: Scrubber::new(options.login.as_ref().map(|(_, password)| password)),
        })
    }

    /// Hands `mail` over to the server.
    ///
    /// # Errors
    ///
    /// If it did not take it.
    pub fn send(&self, mail: &Mail<'_>) -> Result<(), Undelivered> {
        let message = self.message(mail).map_err(|error| {
            Undelivered::lasting(format!("the mail cannot be written: {error}"))
        })?;
        crash::point();
        let sent = self.transport.send(&message);
        crash::point();
        sent.map(|_| ()).map_err(|error| self.undelivered(&error))
    }

    /// The mail as it goes out. Names in it are encoded, so that none can end its header.
    fn message(&self, mail: &Mail<'_>) -> Result<Message, lettre::error::Error> {
        let name = Some("patsweep".to_owned());
        let id = |id: &str| format!("<{id}@{}>", self.from.0.domain());
        let mut builder = Message::builder()
            .from(Sender::new(name, self.from.0.clone()))
            .to(Sender::new(None, mail.to.0.clone()))
            .subject(mail.subject)
            .message_id(Some(id(mail.id)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN);
        if let Some(earlier) = mail.follows {
            builder = builder.in_reply_to(id(earlier)).references(id(earlier));
        }
        builder.body(mail.text.to_owned())
    }

    fn undelivered(&self, error: &lettre::transport::smtp::Error) -> Undelivered {
        let mut why = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            if !why.contains(&text) {
                why = format!("{why}: {text}");
            }
            cause = inner.source();
        }
        Undelivered {
            why: self.scrubber.scrub(&why),
            is_passing: !error.is_permanent() && !error.is_tls() && !error.is_client(),
            pause: None,
        }
    }
}

fn parameters(options: &MailOptions) -> Result<TlsParameters, MailerError> {
    let mut builder = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.authorities {
        Authority::read(pem)?;
        let certificates = Certificate::from_pem(pem).map_err(MailerError::Tls)?;
        builder = builder.add_root_certificate(certificates);
    }
    builder.build().map_err(MailerError::Tls)
}

/// Nobody wrote this by hand (RFC 3834): nobody's absence is to be answered with.
#[derive(Clone, Copy, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(host: &str, encryption: Encryption) -> MailOptions {
        MailOptions {
            host: host.to_owned(),
            port: 25,
            encryption,
            authorities: None,
            login: None,
            from: "leaks@example.org".parse().unwrap(),
        }
    }

    #[test]
    fn only_this_machine_goes_without_encryption() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("mail.example.org", false),
            ("127.0.0.1.example.org", false),
            ("10.0.0.1", false),
        ] {
            let mailer = Mailer::new(&options(host, Encryption::None));
            assert_eq!(mailer.is_ok(), expected, "{host}");
            assert!(Encryption::Starttls.is_allowed_for(host));
        }
    }

    #[test]
    fn no_name_ends_its_header() {
        let mailer = Mailer::new(&options("localhost", Encryption::None)).unwrap();
        let to: Mailbox = "ann@example.org".parse().unwrap();
        let mail = Mail {
            to: &to,
            subject: "x\r\nBcc: eve@example.org\r\n\r\nbody é",
            text: "one\ntwo\r\n.\r\nQUIT",
            id: "abc",
            follows: Some("abb"),
        };
        let message = mailer.message(&mail).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(": ").map_or(line, |(name, _)| name))
            .collect();
        assert_eq!(
            names,
            [
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Auto-Submitted",
                "Content-Type",
                "In-Reply-To",
                "References",
                "Content-Transfer-Encoding",
                "Date"
            ],
            "{text}"
        );
        assert!(head.contains("\r\nMessage-ID: <abc@example.org>\r\n"));
    }

    #[test]
    fn addresses_are_one_address() {
        for (text, expected) in [
            ("ann@example.org", true),
            ("ann+leaks@example.org", true),
            ("", false),
            ("ann", false),
            ("ann@example.org, eve@example.org", false),
            ("ann@example.org\r\nBcc: eve@example.org", false),
            ("Ann <ann@example.org>", false),
        ] {
            assert_eq!(text.parse::<Mailbox>().is_ok(), expected, "{text:?}");
        }
    }
}
