//! Who may own a token: whoever stands near it.

use std::collections::BTreeSet;

use crate::model::Finding;
use crate::providers::azure_devops::User;

/// Shorter names say nothing.
const MIN_NAME: usize = 3;

/// Whoever stands near some tokens. Nothing of it leads anywhere but to people that the
/// organisation lists.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// Subject descriptors.
    pub(super) descriptors: BTreeSet<String>,
    /// Ids of identities.
    pub(super) ids: BTreeSet<String>,
    /// Addresses, and names of accounts without a domain, in lower case.
    accounts: BTreeSet<String>,
    /// Names of people, in lower case.
    names: BTreeSet<String>,
}

impl Hints {
    /// Adds whoever stands near `finding`: authors of commits, accounts on its line, and whom an
    /// earlier answer names.
    pub(super) fn add(&mut self, finding: &Finding) {
        let earlier = finding.verification.iter();
        for owner in earlier.filter_map(|verification| verification.owner.as_ref()) {
            self.descriptors.extend(owner.descriptor.clone());
            self.ids.extend(owner.id.clone());
            self.account(owner.account.as_deref().unwrap_or_default());
        }
        for occurrence in &finding.occurrences {
            let place = occurrence.origin.git.as_ref();
            if let Some(commit) = place.and_then(|place| place.commit.as_ref()) {
                self.account(&commit.email);
                self.name(&commit.author);
            }
            if let Some(excerpt) = &occurrence.excerpt {
                self.line(&excerpt.text);
            }
        }
        if let Some(commit) = finding.exposure.as_ref().and_then(|it| it.first.as_ref()) {
            self.account(&commit.email);
            self.name(&commit.author);
        }
    }

    /// Whether anybody is known by more than an id.
    pub(super) fn names_anybody(&self) -> bool {
        !self.accounts.is_empty() || !self.names.is_empty()
    }

    /// Whether `user` is among them.
    pub(super) fn fits(&self, user: &User) -> bool {
        let accounts = [&user.account, &user.mail].into_iter().flatten();
        let by_account = accounts
            .map(|account| account.to_lowercase())
            .any(|account| {
                let local = account.split('@').next().unwrap_or_default();
                self.accounts.contains(&account) || self.accounts.contains(local)
            });
        let name = user.name.as_ref().map(|name| name.to_lowercase());
        by_account || name.is_some_and(|name| self.names.contains(&name))
    }

    /// An address, and what stands before its domain: people commit under more than one.
    fn account(&mut self, account: &str) {
        let account = account.trim().to_lowercase();
        let local = account.split('@').next().unwrap_or_default();
        if local.len() >= MIN_NAME {
            self.accounts.insert(local.to_owned());
        }
        if account.contains('@') {
            self.accounts.insert(account);
        }
    }

    fn name(&mut self, name: &str) {
        let name = name.trim().to_lowercase();
        if name.len() >= MIN_NAME {
            self.names.insert(name);
        }
    }

    /// The addresses on a line, and the users of its URLs.
    fn line(&mut self, line: &str) {
        let is_part = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
        for word in line.split(|c| !is_part(c)) {
            if let Some((local, domain)) = word.split_once('@')
                && !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.ends_with("dev.azure.com")
            {
                self.account(word.trim_end_matches('.'));
            }
        }
        for (at, _) in line.match_indices("://") {
            let rest = &line[at + 3..];
            let user = rest.split([':', '/', ' ']).next().unwrap_or_default();
            let is_user = rest[user.len()..].starts_with(':') && rest.contains('@');
            if is_user && user.len() >= MIN_NAME && !user.contains('@') {
                self.accounts.insert(user.to_lowercase());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(account: &str, name: &str) -> User {
        User {
            descriptor: "aad.x".to_owned(),
            name: Some(name.to_owned()),
            account: Some(account.to_owned()),
            mail: None,
            origin_id: None,
        }
    }

    #[test]
    fn a_line_names_its_accounts() {
        let noor = user("Noor@contoso.example", "Noor Vance");
        for (line, expected) in [
            ("noor@contoso.example: X0Ww…3SFk", true),
            ("<noor@elsewhere.example>", true),
            (
                "git clone https://noor:X0Ww…3SFk@dev.azure.com/contoso/_git/x",
                true,
            ),
            (
                "git clone https://X0Ww…3SFk@dev.azure.com/contoso/_git/x",
                false,
            ),
            ("https://contoso@dev.azure.com/contoso/_git/x", false),
            ("noor = X0Ww…3SFk", false),
            ("", false),
        ] {
            let mut hints = Hints::default();
            hints.line(line);
            assert_eq!(hints.fits(&noor), expected, "{line}");
        }
    }

    #[test]
    fn authors_are_known_by_address_or_name() {
        let mut hints = Hints::default();
        hints.account("noor@elsewhere.example");
        hints.name("Jonas Weber");
        assert!(hints.fits(&user("noor@contoso.example", "N. V.")));
        assert!(hints.fits(&user("jw@contoso.example", "jonas weber")));
        assert!(!hints.fits(&user("mira@contoso.example", "Mira Castell")));
    }
}
