//! What is to be revoked: worked out once, shown, and then done exactly so or not at all.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::policy::Certainty;

use super::notify::Notice;

/// The name and version of the file.
const SCHEMA: &str = "patsweep-plan/1";
/// The most that is read of a plan.
const MAX_BYTES: u64 = 16 << 20;

/// By which right a token is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// As an administrator of the organisation.
    Administrator,
    /// As the owner of the token.
    Owner,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Owner];

    /// The name in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }
}

/// What an order stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Whether the place where the token leaked was read again.
    pub exposure_rechecked: bool,
    /// The month of its issue, such as `2026-11`, where it tells that.
    pub issued: Option<String>,
    /// When the service let it in last, in seconds since 1970.
    pub accepted_at: Option<i64>,
    /// The date of the first commit that holds it, in seconds since 1970.
    pub first_seen: Option<i64>,
    /// The organisations that let it in.
    pub accepted_by: Vec<String>,
}

/// A token that is to be revoked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Where it is registered.
    pub organization: String,
    /// Which token leaked.
    pub c3id: String,
    /// As what it is registered.
    pub authorization_id: String,
    /// By which right.
    pub route: Route,
    /// The subject descriptor of its owner.
    pub owner: String,
    /// How surely the token is this one: a name of [`Certainty`].
    pub matched: String,
    /// On what it stands; no part of the plan's id.
    pub grounds: Grounds,
}

/// All that is to be revoked at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    orders: BTreeSet<Order>,
    notices: Vec<Notice>,
    leaks: BTreeSet<String>,
}

/// A plan as it stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    plan: String,
    orders: Vec<Order>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
    #[serde(default)]
    leaks: BTreeSet<String>,
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It cannot be read.
    #[error("cannot read the plan {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is none of this version.
    #[error("{} is no plan of this version", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Its id is that of another.
    #[error("the plan {} was changed: its id does not fit what it orders", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write the plan {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Plan {
    /// One of these orders; in whatever order they come, it is the same.
    pub fn new(orders: impl IntoIterator<Item = Order>) -> Self {
        Self {
            orders: orders.into_iter().collect(),
            notices: Vec::new(),
            leaks: BTreeSet::new(),
        }
    }

    /// The same, with what people are told: it changes neither what is ordered nor the id.
    #[must_use]
    pub fn with_notices(self, notices: Vec<Notice>) -> Self {
        Self { notices, ..self }
    }

    /// With the C3IDs of all leaks, so that nobody acts with one of them.
    #[must_use]
    pub fn with_leaks(self, leaks: impl IntoIterator<Item = String>) -> Self {
        Self {
            leaks: leaks.into_iter().collect(),
            ..self
        }
    }

    /// The C3IDs of all that leaked, as far as the plan knows.
    pub fn leaks(&self) -> impl Iterator<Item = &str> {
        let ordered = self.orders.iter().map(|order| &order.c3id);
        let told = self.notices.iter().map(|notice| &notice.c3id);
        let all: BTreeSet<_> = self.leaks.iter().chain(ordered).chain(told).collect();
        all.into_iter().map(String::as_str)
    }

    /// What is not to be revoked, but told of.
    pub fn told(&self) -> impl Iterator<Item = &Notice> {
        let is_ordered = |notice: &Notice| self.orders().any(|order| is_about(notice, order));
        let notices = self.notices.iter();
        notices.filter(move |it| it.left_because.is_some() && !is_ordered(it))
    }

    /// What people are told of `order`.
    pub fn notice(&self, order: &Order) -> Option<&Notice> {
        self.notices.iter().find(|notice| is_about(notice, order))
    }

    /// What is to be revoked, sorted.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter()
    }

    /// Whether nothing is to be revoked.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// How many tokens are to be revoked.
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// The SHA-256, in hexadecimal, over organisation, C3ID, authorization id and route of each
    /// order, sorted: a JSON list of lists.
    pub fn id(&self) -> String {
        let mut all: Vec<_> = self
            .orders
            .iter()
            .map(|order| {
                [
                    &*order.organization,
                    &*order.c3id,
                    &*order.authorization_id,
                    order.route.as_str(),
                ]
            })
            .collect();
        all.sort_unstable();
        let text = serde_json::json!(all).to_string();
        HEXLOWER.encode(&Sha256::digest(text))
    }

    /// Writes a new file, for its owner alone.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or is there already.
    pub fn save(&self, path: &Path) -> Result<(), PlanError> {
        let document = Document {
            schema: SCHEMA.to_owned(),
            plan: self.id(),
            orders: self.orders.iter().cloned().collect(),
            notices: self.notices.clone(),
            leaks: self.leaks.clone(),
        };
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path)?;
            serde_json::to_writer_pretty(&mut file, &document)?;
            file.write_all(b"\n")?;
            file.sync_all()
        };
        write().map_err(|source| PlanError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no plan, or was changed.
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let read = || -> io::Result<Vec<u8>> {
            let data = fs::metadata(path)?;
            if !data.is_file() || data.len() > MAX_BYTES {
                return Err(io::Error::other("it is no file, or larger than a plan"));
            }
            fs::read(path)
        };
        let bytes = read().map_err(|source| PlanError::Read {
            path: path.to_owned(),
            source,
        })?;
        let document: Option<Document> = serde_json::from_slice(&bytes).ok();
        let Some(document) = document.filter(|document| document.schema == SCHEMA) else {
            let path = path.to_owned();
            return Err(PlanError::Foreign { path });
        };
        let is_actable = |order: &Order| {
            let certainty = Certainty::named(&order.matched);
            certainty.is_some_and(Certainty::can_be_acted_on)
        };
        if !document.orders.iter().all(is_actable) {
            let path = path.to_owned();
            return Err(PlanError::Changed { path });
        }
        let plan = Self::new(document.orders)
            .with_notices(document.notices)
            .with_leaks(document.leaks);
        if plan.id() != document.plan {
            let path = path.to_owned();
            return Err(PlanError::Changed { path });
        }
        Ok(plan)
    }
}

fn is_about(notice: &Notice, order: &Order) -> bool {
    notice.c3id == order.c3id && notice.organization.as_ref() == Some(&order.organization)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(organization: &str, c3id: &str, authorization_id: &str) -> Order {
        Order {
            organization: organization.to_owned(),
            c3id: c3id.to_owned(),
            authorization_id: authorization_id.to_owned(),
            route: Route::Administrator,
            owner: "aad.owner".to_owned(),
            matched: "certain".to_owned(),
            grounds: Grounds::default(),
        }
    }

    #[test]
    fn the_id_is_that_of_what_is_ordered() {
        let (a, b) = (order("contoso", "A", "1"), order("contoso", "B", "2"));
        let plan = Plan::new([a.clone(), b.clone()]);
        let text = r#"[["contoso","A","1","administrator"],["contoso","B","2","administrator"]]"#;
        let expected = HEXLOWER.encode(&Sha256::digest(text));
        assert_eq!(plan.id(), expected);
        assert_eq!(Plan::new([b.clone(), a.clone(), b.clone()]), plan);
        for other in [
            order("fabrikam", "A", "1"),
            order("contoso", "C", "1"),
            order("contoso", "A", "3"),
            Order {
                route: Route::Owner,
                ..a.clone()
            },
        ] {
            assert_ne!(Plan::new([other, b.clone()]).id(), expected);
        }
        assert_ne!(Plan::new([a]).id(), expected);
    }

    #[test]
    fn a_file_is_taken_as_it_was_written_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let plan = Plan::new([order("contoso", "A", "1")]);
        plan.save(&path).unwrap();
        assert_eq!(Plan::load(&path).unwrap(), plan);
        let again = plan.save(&path);
        assert!(matches!(again, Err(PlanError::Write { .. })), "{again:?}");
        let text = fs::read_to_string(&path).unwrap();
        let check = |from: &str, to: &str, is_expected: fn(&PlanError) -> bool| {
            assert!(text.contains(from));
            fs::write(&path, text.replace(from, to)).unwrap();
            let error = Plan::load(&path).unwrap_err();
            assert!(is_expected(&error), "{from} {error:?}");
        };
        let changed = |error: &PlanError| matches!(error, PlanError::Changed { .. });
        let foreign = |error: &PlanError| matches!(error, PlanError::Foreign { .. });
        check("\"1\"", "\"2\"", changed);
        check("contoso", "fabrikam", changed);
        check("patsweep-plan/1", "patsweep-plan/2", foreign);
        check("\"owner\"", "\"owners\"", foreign);
        let missing = Plan::load(&folder.path().join("none"));
        assert!(matches!(missing, Err(PlanError::Read { .. })));
    }
}
