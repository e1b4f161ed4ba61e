//! Which tokens a program uses, as far as their names and scopes tell: a service principal or a
//! managed identity does the same without a secret that a person owns.

use crate::model::PatRecord;
use crate::verify::scopes;

/// Why a token is taken for that of a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clue {
    /// A word of its name.
    Name(String),
    /// One of its scopes.
    Scope(String),
}

impl Clue {
    /// The word or the scope.
    pub fn word(&self) -> &str {
        match self {
            Self::Name(word) | Self::Scope(word) => word,
        }
    }
}

/// Words of which people name tokens that programs use.
const WORDS: [&str; 46] = [
    "actions",
    "agent",
    "agents",
    "ansible",
    "argocd",
    "automation",
    "backup",
    "bot",
    "build",
    "cd",
    "ci",
    "cicd",
    "cron",
    "daemon",
    "deploy",
    "deployer",
    "deployment",
    "devops",
    "docker",
    "flux",
    "gitops",
    "helm",
    "integration",
    "jenkins",
    "job",
    "k8s",
    "kubernetes",
    "octopus",
    "packer",
    "pipeline",
    "pipelines",
    "prod",
    "production",
    "pulumi",
    "release",
    "renovate",
    "runner",
    "script",
    "server",
    "service",
    "snyk",
    "sonar",
    "sonarqube",
    "svc",
    "sync",
    "terraform",
];

/// Scopes that people hardly need themselves.
const SCOPES: [&str; 12] = [
    "agentpools_manage",
    "build_execute",
    "environment_manage",
    "machinegroup_manage",
    "packaging_manage",
    "packaging_write",
    "pipelineresources_manage",
    "pipelineresources_use",
    "release_execute",
    "release_manage",
    "serviceendpoint_manage",
    "symbols_write",
];

/// What tells that a program uses a token: each word once, then each scope.
pub(super) fn clues(record: &PatRecord) -> Vec<Clue> {
    let name = record.name.as_deref().unwrap_or_default().to_lowercase();
    let mut clues: Vec<Clue> = Vec::new();
    let words = name.split(|c: char| !c.is_alphanumeric());
    for word in words.filter(|word| WORDS.binary_search(word).is_ok()) {
        let clue = Clue::Name(word.to_owned());
        if !clues.contains(&clue) {
            clues.push(clue);
        }
    }
    // Full access comes with all of them, and tells nothing.
    let held = record.scopes.iter().filter(|name| {
        let scope = scopes::find(name);
        scope.is_some_and(|scope| SCOPES.contains(&scope.name))
    });
    clues.extend(held.cloned().map(Clue::Scope));
    clues
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_scopes_tell() {
        assert!(WORDS.is_sorted());
        let name = |word: &str| Clue::Name(word.to_owned());
        let scope = |name: &str| Clue::Scope(name.to_owned());
        for (given, scopes, expected) in [
            (
                "build agent",
                "app_token",
                vec![name("build"), name("agent")],
            ),
            (
                "Build-BUILD_ci",
                "vso.code",
                vec![name("build"), name("ci")],
            ),
            (
                "laptop",
                "vso.code vso.build_execute",
                vec![scope("vso.build_execute")],
            ),
            ("circus of agencies", "vso.code", vec![]),
            ("", "vso.new", vec![]),
        ] {
            let record = PatRecord {
                authorization_id: String::new(),
                name: Some(given.to_owned()),
                scopes: scopes.split_whitespace().map(str::to_owned).collect(),
                valid_from: None,
                valid_to: None,
                is_global: None,
            };
            assert_eq!(clues(&record), expected, "{given}");
        }
    }
}
