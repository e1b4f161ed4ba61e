//! What a string is: a token and of which kind, or why not.

use super::c3id;
use super::cask::{self, CaskKind};
use super::jwt::{self, ISSUER_HOST};
use super::legacy::{self, LegacyKind};
use crate::model::{FindingId, IssueMonth, Proof, Timestamp};

/// What is known of a token from its characters alone. It does not hold the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it is.
    pub kind: TokenKind,
    /// Why that is believed.
    pub proof: Proof,
    /// When it was issued, where it says so.
    pub issued: Option<IssueMonth>,
    /// When it expires, where it says so.
    pub expires: Option<Timestamp>,
    /// Its C3ID.
    pub id: FindingId,
}

/// The kinds of Azure DevOps token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A personal access token of 84 or 88 characters.
    Pat(CaskKind),
    /// A personal access token or an application secret of 52 characters.
    Legacy(LegacyKind),
    /// An OAuth access token, with its issuer as it names it.
    Oauth(String),
}

impl TokenKind {
    /// The kind in words.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pat(_) => "Azure DevOps personal access token",
            Self::Legacy(LegacyKind::UserPat) => "legacy Azure DevOps personal access token",
            Self::Legacy(LegacyKind::AppSecret) => "Azure DevOps application secret",
            Self::Oauth(_) => "Azure DevOps OAuth access token",
        }
    }
}

/// Why a string is no Azure DevOps token, measured by the form it comes nearest to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has the length of no form.
    #[error("no token has {0} characters: legacy ones have 52, those since July 2024 have 84")]
    Length(usize),
    /// It is as long as a legacy token.
    #[error("not a legacy token: {0}")]
    Legacy(legacy::Refusal),
    /// It has the length or the signature of a token since July 2024.
    #[error("not a personal access token: {0}")]
    Pat(cask::Refusal),
    /// It has three parts, as a JSON web token has.
    #[error("not an OAuth access token: no JSON web token issued by {ISSUER_HOST}")]
    Oauth,
}

/// Says what `text` is; white space around it is ignored.
///
/// # Errors
///
/// Why it is no token.
pub fn explain(text: &[u8]) -> Result<Explanation, Refusal> {
    let token = text.trim_ascii();
    let proven = |kind, issued| Explanation {
        kind,
        proof: Proof::Checksum,
        issued,
        expires: None,
        id: c3id(token),
    };
    let signed = token.get(cask::SIGNATURE_OFFSET..).unwrap_or_default();
    if token.len() == legacy::LEN {
        let kind = legacy::prove(token).map_err(Refusal::Legacy)?;
        Ok(proven(TokenKind::Legacy(kind), None))
    } else if matches!(token.len(), cask::LEN | cask::LONG_LEN)
        || signed.starts_with(cask::SIGNATURE)
    {
        let cask = cask::check(token).map_err(Refusal::Pat)?;
        Ok(proven(TokenKind::Pat(cask.kind), Some(cask.issued)))
    } else if token.split(|&byte| byte == b'.').count() == 3 {
        let oauth = jwt::parse(token).ok_or(Refusal::Oauth)?;
        Ok(Explanation {
            proof: Proof::Shape,
            expires: oauth.expires,
            ..proven(TokenKind::Oauth(oauth.issuer), None)
        })
    } else {
        Err(Refusal::Length(
            String::from_utf8_lossy(token).chars().count(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mint;
    use super::*;

    #[test]
    fn tokens_are_explained() {
        let month = IssueMonth {
            year: 2025,
            month: 11,
        };
        let check = |token: &str, kind, proof, issued, expires| {
            let id = c3id(token.as_bytes());
            let expected = Explanation {
                kind,
                proof,
                issued,
                expires,
                id,
            };
            assert_eq!(explain(format!(" {token}\r\n").as_bytes()), Ok(expected));
        };
        let legacy = |kind| TokenKind::Legacy(kind);
        let primary = TokenKind::Pat(CaskKind::Primary);
        let sum = Proof::Checksum;
        check(
            &mint::legacy_pat(1),
            legacy(LegacyKind::UserPat),
            sum,
            None,
            None,
        );
        check(
            &mint::app_secret(1),
            legacy(LegacyKind::AppSecret),
            sum,
            None,
            None,
        );
        check(&mint::pat_issued(1, month), primary, sum, Some(month), None);
        let expires = Some(Timestamp(1_800_000_000));
        let oauth = mint::oauth_token(1, ISSUER_HOST, expires);
        check(
            &oauth,
            TokenKind::Oauth(ISSUER_HOST.to_owned()),
            Proof::Shape,
            None,
            expires,
        );
    }

    #[test]
    fn refusals_say_why_and_never_repeat_the_input() {
        let check = |text: &str, expected: &str| {
            let refusal = explain(text.as_bytes()).unwrap_err().to_string();
            assert_eq!(refusal, expected);
        };
        let pat = mint::pat(1);
        let legacy = mint::legacy_pat(1);
        check(
            "",
            "no token has 0 characters: legacy ones have 52, those since July 2024 have 84",
        );
        check(
            "häß",
            "no token has 3 characters: legacy ones have 52, those since July 2024 have 84",
        );
        check(
            &legacy.to_uppercase(),
            "not a legacy token: it has a character outside a-z and 2-7",
        );
        check(
            &format!("{}b", &legacy[..51]),
            "not a legacy token: its last character is neither a nor q",
        );
        check(&"a".repeat(52), "not a legacy token: its checksum is wrong");
        check(
            &pat[..83],
            "not a personal access token: it has neither 84 characters nor 88 with == at the end",
        );
        check(
            &pat.to_lowercase(),
            "not a personal access token: it has no JQQJ9 at character 53",
        );
        check(
            &format!("{}{}", &pat[..83], '-'),
            "not a personal access token: it has a character that is neither a letter nor a digit",
        );
        check(
            "a.b.c",
            "not an OAuth access token: no JSON web token issued by app.vstoken.visualstudio.com",
        );
    }
}
