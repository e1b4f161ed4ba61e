//! OAuth access tokens of Azure DevOps: JSON web tokens that its token service issued.
//!
//! Their signature cannot be checked offline: what is known is their shape and what they claim.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::model::Timestamp;

/// Decoded bytes of header and payload together beyond which nothing is taken for a token.
pub const MAX_DECODED: usize = 8 << 10;

/// The host that issues the access tokens of Azure DevOps.
pub const ISSUER_HOST: &str = "app.vstoken.visualstudio.com";

/// What an OAuth access token claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthToken {
    /// The `iss` claim as it stands.
    pub issuer: String,
    /// The `exp` claim.
    pub expires: Option<Timestamp>,
}

/// Reads a token that names [`ISSUER_HOST`] as its issuer.
///
/// `None` for everything else: not three parts of unpadded base64url, header or payload no JSON
/// object, no `alg`, another issuer, more than [`MAX_DECODED`] bytes.
pub fn parse(token: &[u8]) -> Option<OauthToken> {
    let mut parts = token.split(|&byte| byte == b'.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (header.len() + payload.len()) / 4 * 3 > MAX_DECODED {
        return None;
    }
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if signature.is_empty() || !signature.iter().all(is_base64url) {
        return None;
    }
    if !object(header)?.get("alg")?.is_string() {
        return None;
    }
    let claims = object(payload)?;
    let issuer = claims
        .get("iss")?
        .as_str()
        .filter(|issuer| is_issuer(issuer))?;
    Some(OauthToken {
        issuer: issuer.to_owned(),
        expires: claims.get("exp").and_then(seconds).map(Timestamp),
    })
}

/// Decodes one part: base64url of a JSON object.
fn object(part: &[u8]) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part).ok()?).ok()
}

/// Whether `issuer` names [`ISSUER_HOST`], bare or as a URL.
fn is_issuer(issuer: &str) -> bool {
    let rest = issuer.strip_prefix("https://").unwrap_or(issuer);
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    host.eq_ignore_ascii_case(ISSUER_HOST)
}

/// Reads a date, which RFC 7519 lets be a fraction.
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?.floor();
        // Casts of floats saturate; 2^53 is beyond every date and still exact.
        (float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::super::mint;
    use super::*;

    fn join(header: &str, payload: &str) -> String {
        let [header, payload] =
            [header, payload].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
        format!("{header}.{payload}.c2lnbmF0dXJl")
    }

    #[test]
    fn minted_tokens_are_read() {
        for expires in [None, Some(Timestamp(0)), Some(Timestamp(1_900_000_000))] {
            let token = mint::oauth_token(3, ISSUER_HOST, expires);
            let expected = OauthToken {
                issuer: ISSUER_HOST.to_owned(),
                expires,
            };
            assert_eq!(parse(token.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn the_issuer_is_compared_as_a_host() {
        let check = |issuer: &str, accepted: bool| {
            let token = mint::oauth_token(3, issuer, None);
            let expected = accepted.then(|| OauthToken {
                issuer: issuer.to_owned(),
                expires: None,
            });
            assert_eq!(parse(token.as_bytes()), expected, "{issuer}");
        };
        check("app.vstoken.visualstudio.com", true);
        check("App.VSToken.VisualStudio.com", true);
        check("https://app.vstoken.visualstudio.com", true);
        check("https://app.vstoken.visualstudio.com/", true);
        check("https://app.vstoken.visualstudio.com/tenant", true);
        check("http://app.vstoken.visualstudio.com", false);
        check("https://app.vstoken.visualstudio.com@example.org/", false);
        check("app.vstoken.visualstudio.com.example.org", false);
        check("xapp.vstoken.visualstudio.com", false);
        check("https://token.actions.githubusercontent.com", false);
        check("", false);
    }

    #[test]
    fn dates_are_numbers() {
        let check = |exp: &str, expected: Option<i64>| {
            let payload = format!(r#"{{"iss":"{ISSUER_HOST}","exp":{exp}}}"#);
            let token = parse(join(r#"{"alg":"RS256"}"#, &payload).as_bytes()).unwrap();
            assert_eq!(token.expires, expected.map(Timestamp), "{exp}");
        };
        check("1700000000", Some(1_700_000_000));
        check("1700000000.75", Some(1_700_000_000));
        check("1.7e9", Some(1_700_000_000));
        check("-5", Some(-5));
        check("1e300", None);
        check("18446744073709551615", None);
        check("\"1700000000\"", None);
        check("null", None);
    }

    #[test]
    fn all_else_is_refused() {
        let header = r#"{"alg":"RS256"}"#;
        let payload = format!(r#"{{"iss":"{ISSUER_HOST}"}}"#);
        let good = join(header, &payload);
        assert!(parse(good.as_bytes()).is_some());
        let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(2_000));
        let long = format!(
            r#"{{"iss":"{ISSUER_HOST}","x":"{}"}}"#,
            "x".repeat(MAX_DECODED)
        );
        for bad in [
            String::new(),
            "..".to_owned(),
            good.replace(".c2ln", "c2ln"),
            format!("{good}.c2ln"),
            good.trim_end_matches(|c| c != '.').to_owned(),
            format!("{good}+"),
            good.replacen('.', "=.", 1),
            join(r#"{"typ":"JWT"}"#, &payload),
            join(r#"{"alg":5}"#, &payload),
            join("[]", &payload),
            join(header, "[]"),
            join(header, r#"{"iss":5}"#),
            join(header, "{}"),
            join(header, &payload[1..]),
            join(header, &deep),
            join(&deep, &payload),
            join(header, &long),
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn hostile_bytes_do_no_harm() {
        let good = mint::oauth_token(3, ISSUER_HOST, None).into_bytes();
        for at in 0..good.len() {
            for byte in [0, b'.', b'A', 0xFF] {
                let mut bytes = good.clone();
                bytes[at] = byte;
                let _ = parse(&bytes);
                let _ = parse(&bytes[at..]);
            }
        }
    }
}
