//! An application signs in with its secret.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::answer::{Ask, ask};
use super::{Application, Directory, RESOURCE, SignInError};
use crate::model::{Secret, Timestamp};
use crate::providers::http::{Body, Field};

/// An application with its secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    application: Application,
    secret: Secret,
}

impl ClientSecret {
    /// That of `application`.
    pub fn new(application: Application, secret: Secret) -> Self {
        Self {
            application,
            secret,
        }
    }

    /// The secret.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(super) fn sign_in(
        &self,
        directory: &Directory,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<(Secret, Timestamp), SignInError> {
        let secret = ("client_secret", Field::Secret(&self.secret));
        let presented = Presented {
            fields: &[secret],
            secret: &self.secret,
        };
        sign_in(
            "client secret",
            &self.application,
            &presented,
            (directory, now, timeout),
        )
    }
}

/// What an application shows for itself.
pub(super) struct Presented<'a> {
    pub(super) fields: &'a [(&'a str, Field<'a>)],
    pub(super) secret: &'a Secret,
}

/// The grant of client credentials, which all applications use.
pub(super) fn sign_in(
    way: &'static str,
    application: &Application,
    presented: &Presented<'_>,
    (directory, now, timeout): (&Directory, Timestamp, Duration),
) -> Result<(Secret, Timestamp), SignInError> {
    let scope = format!("{RESOURCE}/.default");
    let mut fields = vec![
        ("grant_type", Field::Text("client_credentials")),
        ("client_id", Field::Text(&application.client_id)),
        ("scope", Field::Text(&scope)),
    ];
    fields.extend_from_slice(presented.fields);
    let asked = Ask {
        way,
        url: directory.token_url(&application.tenant),
        headers: HeaderMap::new(),
        body: Body::Form(&fields),
        presented: Some(presented.secret),
    };
    ask(&directory.http, asked, now, timeout)
}
