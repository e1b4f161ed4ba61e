//! What was asked of the service, without the tokens, and how much of it at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::{Call, Scheme};
use super::time;

/// Requests in the order in which they were answered, and the largest numbers in flight.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    entries: Vec<Value>,
    hosts: BTreeMap<String, Flight>,
    tokens: BTreeMap<String, Flight>,
}

/// Requests in flight now and at most.
#[derive(Default)]
struct Flight {
    now: usize,
    most: usize,
}

/// A request that is being answered; dropped when it is.
pub(crate) struct InFlight {
    log: Log,
    host: String,
    token: Option<String>,
}

impl Log {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts `call` as in flight until what is returned is dropped.
    pub(crate) fn begin(&self, call: &Call) -> InFlight {
        let mut inner = self.inner();
        enter(&mut inner.hosts, &call.host);
        let token = call.c3id();
        if let Some(token) = &token {
            enter(&mut inner.tokens, token);
        }
        InFlight {
            log: self.clone(),
            host: call.host.clone(),
            token,
        }
    }

    /// Notes `call` to `path` with `query`, which is answered with `status`.
    pub(crate) fn note(&self, call: &Call, path: &str, query: Option<&str>, status: u16) {
        let auth = match call.scheme {
            Scheme::None => "none",
            Scheme::Basic | Scheme::Garbage => "basic",
            Scheme::Bearer => "bearer",
        };
        let body = (!call.body.is_empty()).then(|| HEXLOWER.encode(&Sha256::digest(&call.body)));
        self.inner().entries.push(json!({
            "at": time::with_zone(time::machine_now()),
            "method": call.method,
            "host": call.host,
            "path": path,
            "query": query,
            "status": status,
            "api_version": call.api_version(),
            "auth": auth,
            "c3id": call.c3id(),
            "body_sha256": body,
        }));
    }

    pub(crate) fn entries(&self) -> Value {
        Value::from(self.inner().entries.clone())
    }

    /// The most requests in flight by host and by C3ID.
    pub(crate) fn concurrency(&self) -> Value {
        let inner = self.inner();
        let most = |flights: &BTreeMap<String, Flight>| -> Value {
            let most = |(name, flight): (&String, &Flight)| {
                (name.clone(), json!({ "max_in_flight": flight.most }))
            };
            Value::Object(flights.iter().map(most).collect())
        };
        json!({ "host": most(&inner.hosts), "token": most(&inner.tokens) })
    }

    /// Forgets all but what is in flight.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner();
        inner.entries.clear();
        let Inner { hosts, tokens, .. } = &mut *inner;
        for flights in [hosts, tokens] {
            flights.retain(|_, flight| flight.now > 0);
            for flight in flights.values_mut() {
                flight.most = flight.now;
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut inner = self.log.inner();
        leave(&mut inner.hosts, &self.host);
        if let Some(token) = &self.token {
            leave(&mut inner.tokens, token);
        }
    }
}

fn enter(flights: &mut BTreeMap<String, Flight>, name: &str) {
    let flight = flights.entry(name.to_owned()).or_default();
    flight.now += 1;
    flight.most = flight.most.max(flight.now);
}

fn leave(flights: &mut BTreeMap<String, Flight>, name: &str) {
    if let Some(flight) = flights.get_mut(name) {
        flight.now -= 1;
    }
}
