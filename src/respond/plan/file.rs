//! A plan as a file: written once, and taken as it was written or not at all.
//!
//! The id of a plan says what is ordered. Its digest covers all that people were shown beside: whose
//! tokens these are, how they were found, by which policy, and what people will be told. Each order
//! has a seal of its own, so that it can be said which one was changed.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Order, Plan};
use crate::model::Timestamp;
use crate::policy::Certainty;
use crate::respond::notify::Notice;

/// The name and version of the file.
const SCHEMA: &str = "patsweep-plan/1";
/// The most that is read of a plan.
const MAX_BYTES: u64 = 16 << 20;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    plan: String,
    /// Over all else.
    digest: String,
    /// By RFC 3339.
    made_at: Option<String>,
    orders: Vec<Order>,
    /// Of each order and what people are told of it.
    seals: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
    #[serde(default)]
    leaks: BTreeSet<String>,
    /// Leaks of which nobody answered whether they work.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unknown: BTreeSet<String>,
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
    /// An order is not as it was.
    #[error("the plan {} was changed: what it orders about {c3id} at {organization}", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// The C3ID of the order as it stands there now.
        c3id: String,
        /// Its organisation.
        organization: String,
    },
    /// Something else is not as it was.
    #[error("the plan {} was changed: its digest does not fit what it holds", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Two leaked tokens would be one of the service.
    #[error(
        "the plan {} takes two leaked tokens for one: {authorization_id} at {organization}",
        path.display()
    )]
    Twice {
        /// The file.
        path: PathBuf,
        /// As what both are registered there.
        authorization_id: String,
        /// The organisation.
        organization: String,
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
    /// The SHA-256, in hexadecimal, over all that stands in the file but this.
    pub fn digest(&self) -> String {
        self.document().digest
    }

    fn document(&self) -> Document {
        let at = self.made_at.map(|at| {
            let at = jiff::Timestamp::from_second(at.0);
            at.unwrap_or_default().to_string()
        });
        let mut document = Document {
            schema: SCHEMA.to_owned(),
            plan: self.id(),
            digest: String::new(),
            made_at: at,
            orders: self.orders.iter().cloned().collect(),
            seals: self.orders.iter().map(|order| self.seal(order)).collect(),
            notices: self.notices.clone(),
            leaks: self.leaks.clone(),
            unknown: self.unknown.clone(),
        };
        document.digest = hash(&document);
        document
    }

    /// The hash of `order` with what people are told of it.
    fn seal(&self, order: &Order) -> String {
        hash(&(order, self.notice(order)))
    }

    /// Writes a new file, for its owner alone.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or is there already.
    pub fn save(&self, path: &Path) -> Result<(), PlanError> {
        let document = self.document();
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
        check(path, &document)
    }
}

/// The plan that `document` tells, if it is one that was written so.
fn check(path: &Path, document: &Document) -> Result<Plan, PlanError> {
    let changed = || PlanError::Changed {
        path: path.to_owned(),
    };
    let made_at = match &document.made_at {
        None => None,
        Some(text) => {
            let at: jiff::Timestamp = text.parse().map_err(|_| changed())?;
            Some(Timestamp(at.as_second()))
        }
    };
    let plan = Plan {
        made_at,
        ..Plan::new(document.orders.iter().cloned())
            .with_notices(document.notices.clone())
            .with_leaks(document.leaks.clone())
            .with_unknown(document.unknown.clone())
    };
    for (order, seal) in document.orders.iter().zip(&document.seals) {
        let certainty = Certainty::named(&order.matched);
        let can_be_acted_on = certainty.is_some_and(Certainty::can_be_acted_on);
        if !can_be_acted_on || plan.seal(order) != *seal {
            return Err(PlanError::Order {
                path: path.to_owned(),
                c3id: order.c3id.clone(),
                organization: order.organization.clone(),
            });
        }
    }
    let mut ordered = BTreeSet::new();
    for Order {
        organization,
        authorization_id,
        ..
    } in &document.orders
    {
        let place = [organization, authorization_id].map(|it| it.to_ascii_lowercase());
        if !ordered.insert(place) {
            return Err(PlanError::Twice {
                path: path.to_owned(),
                authorization_id: authorization_id.clone(),
                organization: organization.clone(),
            });
        }
    }
    let written = plan.document();
    // One order twice, or one without a seal, was never written.
    let is_whole = written.seals == document.seals && written.plan == document.plan;
    if is_whole && written.digest == document.digest {
        Ok(plan)
    } else {
        Err(changed())
    }
}

/// The SHA-256 of `value` as it is written without blanks. Fields have an order, and lists are sorted.
fn hash(value: &impl Serialize) -> String {
    let written = serde_json::to_vec(value).expect("text, numbers and lists can be written");
    HEXLOWER.encode(&Sha256::digest(written))
}
