//! An application that a federated token speaks for, which the platform writes to a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::client_secret::{Presented, sign_in};
use super::{Application, Directory, SignInError};
use crate::model::{Secret, Timestamp};
use crate::providers::http::Field;

/// The most that is read of the file.
const MAX_TOKEN: u64 = 64 << 10;

/// An application that a federated token speaks for.
#[derive(Clone, Debug)]
pub struct WorkloadIdentity {
    application: Application,
    token_file: PathBuf,
}

impl WorkloadIdentity {
    /// That of `application`, with the token that stands in `token_file` when it is needed: the
    /// platform replaces it from time to time.
    pub fn new(application: Application, token_file: PathBuf) -> Self {
        Self {
            application,
            token_file,
        }
    }

    pub(super) fn sign_in(
        &self,
        directory: &Directory,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<(Secret, Timestamp), SignInError> {
        const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let assertion = self.token().map_err(|source| SignInError::TokenFile {
            path: self.token_file.clone(),
            source,
        })?;
        let presented = Presented {
            fields: &[
                ("client_assertion_type", Field::Text(KIND)),
                ("client_assertion", Field::Secret(&assertion)),
            ],
            secret: &assertion,
        };
        sign_in(
            "workload identity",
            &self.application,
            &presented,
            (directory, now, timeout),
        )
    }

    fn token(&self) -> io::Result<Secret> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_TOKEN as usize + 1));
        File::open(&self.token_file)?
            .take(MAX_TOKEN + 1)
            .read_to_end(&mut bytes)?;
        let token = bytes.trim_ascii();
        if token.is_empty() || bytes.len() as u64 > MAX_TOKEN {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it holds no token",
            ));
        }
        Ok(Secret::new(token))
    }
}
