//! A stand-in for Azure DevOps on this machine, for tests and demonstrations.
//!
//! It answers as the outcome catalogue has it: every case of the service was found in its
//! specification, in clients, or in published captures, and none was measured by us.
//!
//! | module | what |
//! |---|---|
//! | [`seed`] | organisations, people, and a token in every state |
//! | [`auth`] | the ladder from nobody to a scope |
//! | [`rows`] | the answers of the catalogue |
//! | [`behaviors`], [`control`] | what can be ordered, and whom it meets |
//! | [`plant`] | tokens and entries of the log that a test needs |
//! | [`log`] | what was asked |

mod audit;
mod auth;
pub(crate) mod behaviors;
mod call;
mod clients;
mod connection;
mod control;
mod echo;
mod graph;
mod log;
mod pats;
mod plant;
mod policy;
mod probes;
mod reply;
mod routes;
mod rows;
mod seed;
mod serve;
mod sign_in;
mod state;
mod time;
mod tokenadmin;
mod versions;

use std::net::SocketAddr;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tokio::sync::oneshot;

pub(crate) use state::Issued;

/// How to start the service.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// 0 is any port that is free.
    pub(crate) port: u16,
    /// Decides all tokens and ids.
    pub(crate) seed: u64,
    /// How many more tokens to issue, at `organizations`.
    pub(crate) tokens: usize,
    /// How many more organisations there are, `crowd-001` and on.
    pub(crate) organizations: usize,
}

/// A running service, which ends when this is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) organization: String,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// A token of a Project Collection Administrator.
    pub(crate) admin_pat: String,
    /// The Entra token of the owner of the first active token.
    pub(crate) owner_bearer: String,
    pub(crate) tokens: Vec<Issued>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[allow(
    dead_code,
    reason = "each program that includes this uses a part of it"
)]
impl Fake {
    /// Starts the service as its own process would, on a free port.
    ///
    /// # Panics
    ///
    /// If no port can be had.
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts the service as `options` say.
    ///
    /// # Panics
    ///
    /// If the port cannot be had.
    pub(crate) fn start_with(options: Options) -> Self {
        let listen = |port: u16| {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let listener = std::net::TcpListener::bind(address).expect("a free port");
            listener
                .set_nonblocking(true)
                .expect("a listener that does not block");
            let address = listener.local_addr().expect("an address");
            (listener, format!("http://{address}"))
        };
        let ((here, url), (there, elsewhere)) = (listen(options.port), listen(0));
        let mut world = seed::world(options);
        world.url.clone_from(&url);
        world.elsewhere = elsewhere;
        let administrator = world
            .pats
            .iter()
            .find(|pat| world.users[pat.owner].administrator);
        let admin_pat = administrator
            .expect("the seed has an administrator")
            .token
            .clone();
        let owner_bearer = world
            .bearers
            .keys()
            .next()
            .expect("the seed has a bearer")
            .clone();
        let (end, ended) = oneshot::channel();
        let mut fake = Self {
            url,
            organization: world.organizations[0].name.clone(),
            tenant: world.tenant.clone(),
            client_id: world.client_id.clone(),
            client_secret: world.client_secret.clone(),
            admin_pat,
            owner_bearer,
            tokens: world.issued.clone(),
            end: Some(end),
            thread: None,
        };
        let service = std::thread::Builder::new().name("fake-azure-devops".to_owned());
        let thread = service.spawn(move || serve::run(world, here, there, ended));
        fake.thread = Some(thread.expect("a thread"));
        fake
    }

    /// The first token in `state`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub(crate) fn token(&self, state: &str) -> &Issued {
        let mut all = self.tokens.iter();
        all.find(|token| token.state == state)
            .expect("a token in every state")
    }

    /// What another program needs to know of this service.
    pub(crate) fn to_json(&self) -> Value {
        let tokens = self.tokens.iter().map(|issued| {
            json!({
                "token": issued.token,
                "state": issued.state,
                "organization": issued.organization,
                "c3id": issued.c3id,
                "authorization_id": issued.authorization_id,
                "owner": issued.owner,
                "generation": issued.generation,
            })
        });
        json!({
            "url": self.url,
            "organization": self.organization,
            "tenant": self.tenant,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "admin_pat": self.admin_pat,
            "owner_bearer": self.owner_bearer,
            "tokens": tokens.collect::<Value>(),
        })
    }

    /// Serves until the process is ended.
    pub(crate) fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // It ends only when told to, which nobody can any more.
            let _ended = thread.join();
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // The service may be gone already.
            let _gone = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
