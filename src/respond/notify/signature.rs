//! Signs posts, so that whoever gets one can tell who sent it, and when.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::model::Secret;

/// `sha256=` and the HMAC-SHA256, in hexadecimal, of `timestamp.body`.
pub(super) fn sign(secret: &Secret, timestamp: &str, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes keys of every length");
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// What an address that is a secret is called where it must not be named.
pub(super) fn fingerprint(address: &Secret) -> String {
    HEXLOWER.encode(&Sha256::digest(address.expose())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with `openssl dgst -sha256 -hmac key`.
    #[test]
    fn signatures_are_those_of_openssl() {
        let secret = Secret::new(b"key");
        assert_eq!(
            sign(&secret, "1700000000", r#"{"a":1}"#),
            "sha256=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
        );
    }
}
