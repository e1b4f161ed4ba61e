//! Where a token stands, as far as that points at a product.

use std::borrow::Cow;

use crate::model::Finding;

/// A place where a token stands.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    path: Cow<'a, str>,
    line: &'a str,
}

impl<'a> Place<'a> {
    /// At `path`, on `line`, which need not hold the token itself. Either may be empty.
    pub fn new(path: &'a str, line: &'a str) -> Self {
        Self {
            path: Cow::Borrowed(path),
            line,
        }
    }

    /// All places of a finding.
    pub fn all(finding: &'a Finding) -> Vec<Self> {
        let occurrences = finding.occurrences.iter();
        let places = occurrences.map(|occurrence| Self {
            path: occurrence.origin.path.to_text(),
            line: occurrence
                .excerpt
                .as_ref()
                .map_or("", |excerpt| &excerpt.text),
        });
        places.collect()
    }

    /// The name of the file, for people.
    pub(super) fn name(&self) -> &str {
        self.parts().next_back().unwrap_or_default()
    }

    /// Whether the path ends with the parts of `glob`, in which `*` stands for anything but a
    /// separator. Capitals count for nothing, for they do not on Windows.
    pub(super) fn is_at(&self, glob: &str) -> bool {
        let mut parts = self.parts().rev();
        glob.rsplit('/').all(|wanted| {
            parts.next().is_some_and(|part| {
                let [part, wanted] = [part, wanted].map(str::to_ascii_lowercase);
                is_match(part.as_bytes(), wanted.as_bytes())
            })
        })
    }

    /// Whether `word` stands on the line, as a word of its own, or as the start of one if it ends
    /// with `*`. Capitals count only if it has some.
    pub(super) fn says(&self, word: &str) -> bool {
        let lower;
        let line = if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.line
        } else {
            lower = self.line.to_ascii_lowercase();
            lower.as_str()
        };
        let is_joined = |c: char| c.is_alphanumeric() || c == '_';
        let start_alone = word.strip_suffix('*');
        let word = start_alone.unwrap_or(word);
        let mut starts = line.match_indices(word);
        starts.any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            !before.is_some_and(is_joined)
                && (start_alone.is_some() || !after.is_some_and(is_joined))
        })
    }

    fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.split(['/', '\\'])
    }
}

/// Whether `glob`, in which `*` stands for anything, is all of `text`.
fn is_match(text: &[u8], glob: &[u8]) -> bool {
    let Some(star) = glob.iter().position(|&byte| byte == b'*') else {
        return text == glob;
    };
    let Some(mut rest) = text.strip_prefix(&glob[..star]) else {
        return false;
    };
    let mut pieces = glob[star + 1..].split(|&byte| byte == b'*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let found = (0..=rest.len()).find(|&start| rest[start..].starts_with(piece));
        match found {
            Some(start) => rest = &rest[start + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let check = |path, glob, expected| {
            assert_eq!(Place::new(path, "").is_at(glob), expected, "{path} {glob}");
        };
        check("a/.npmrc", ".npmrc", true);
        check("a/x.npmrc", ".npmrc", false);
        check("out.zip!/a/NuGet.Config", "nuget.config", true);
        check(r"D:\build\.m2\settings.xml", ".m2/settings.xml", true);
        check("settings.xml", ".m2/settings.xml", false);
        check("infra/main.tf", "*.tf", true);
        check("infra/main.tfx", "*.tf", false);
        check("snyk-the-broker.yaml", "*snyk*broker*", true);
        check("broker-snyk.yaml", "*snyk*broker*", false);
        check("requirements-dev.txt", "requirements*.txt", true);
        check("requirements.txt", "requirements*.txt", true);
        check("aab", "*ab", true);
        check("", "*.tf", false);
    }

    #[test]
    fn words() {
        let check = |line, word, expected| {
            assert_eq!(Place::new("", line).says(word), expected, "{line} {word}");
        };
        check("export RENOVATE_TOKEN=…", "RENOVATE_TOKEN", true);
        check("export renovate_token=…", "RENOVATE_TOKEN", false);
        check("uses: Snyk/actions", "snyk", true);
        check("AZDO_PERSONAL_ACCESS_TOKEN", "PERSONAL_ACCESS_TOKEN", false);
        check("UV_INDEX_FEED_PASSWORD=…", "UV_INDEX*", true);
        check("MUV_INDEX_FEED_PASSWORD=…", "UV_INDEX*", false);
        check("XRENOVATE_TOKEN=…", "RENOVATE_TOKEN", false);
        check("RENOVATE_TOKENS RENOVATE_TOKEN", "RENOVATE_TOKEN", true);
        check(
            "//pkgs.dev.azure.com/o/_packaging/f/npm/registry/:_password=…",
            "npm/registry",
            true,
        );
        check("éRENOVATE_TOKEN", "RENOVATE_TOKEN", false);
        check("", "x", false);
    }
}
