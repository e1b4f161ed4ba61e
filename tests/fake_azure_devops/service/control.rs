//! Makes the service misbehave: which orders there are, and which of them meet a request.
//!
//! `POST /__control` gives an order: `{"target": {…}, "behavior": "C", "after": 0, "times": 1,
//! "delay_s": 5}`. All that `target` names must fit: `token` (itself or its C3ID),
//! `organization`, `host`, and `path`, a part of the path or the query in any case. An order skips its first `after` requests and then
//! meets `times` of them, or all. Of several answers the newest order counts. `DELETE /__control`
//! takes all orders back; `GET /__control` lists [`BEHAVIORS`].

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::behaviors::{BEHAVIORS, Behavior, Kind};
use super::call::Call;
use super::state::id_of;

/// An order.
struct Order {
    c3id: Option<String>,
    organization: Option<String>,
    host: Option<String>,
    path: Option<String>,
    behavior: Behavior,
    after: u64,
    times: u64,
    delay_s: i64,
    seen: u64,
}

/// All orders, oldest first.
#[derive(Default)]
pub(crate) struct Orders(Mutex<Vec<Order>>);

/// The behaviours that meet a request, oldest first, with their delays in seconds.
#[derive(Default)]
pub(crate) struct Active(
    Vec<(Behavior, i64)>,
    /// What was ordered for any token, whoever presents it or speaks of it.
    Vec<(String, Behavior, i64)>,
);

impl Active {
    /// The delay of the behaviour `name`, if it meets this request.
    pub(crate) fn delay(&self, name: &str) -> Option<i64> {
        debug_assert!(
            BEHAVIORS.iter().any(|behavior| behavior.1 == name),
            "no behaviour is called {name}"
        );
        let mut all = self.0.iter().rev();
        all.find(|(behavior, _)| behavior.1 == name)
            .map(|(_, delay)| *delay)
    }

    /// As [`Active::delay`], for an order that may name the token `c3id`, of which the request
    /// speaks.
    pub(crate) fn delay_about(&self, name: &str, c3id: &str) -> Option<i64> {
        let mut about = self.1.iter().rev();
        about
            .find(|(token, behavior, _)| token == c3id && behavior.1 == name)
            .map(|(_, _, delay)| *delay)
            .or_else(|| self.delay(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.delay(name).is_some()
    }

    /// The behaviours whose names start so, without that start.
    pub(crate) fn starting(&self, start: &str) -> Option<&'static str> {
        let mut all = self.0.iter().rev();
        all.find_map(|(behavior, _)| behavior.1.strip_prefix(start))
    }

    /// The behaviour that is the answer.
    pub(crate) fn answer(&self) -> Option<(&'static str, i64)> {
        let mut all = self.0.iter().rev();
        all.find(|(behavior, _)| behavior.2 == Kind::Answer)
            .map(|(behavior, delay)| (behavior.1, *delay))
    }
}

impl Orders {
    /// Takes an order; the behaviour and the delay are returned, or what is wrong.
    pub(crate) fn take(&self, text: &[u8]) -> Result<(Behavior, i64), &'static str> {
        let order: Value = serde_json::from_slice(text).map_err(|_| "not JSON")?;
        let name = order["behavior"].as_str().ok_or("no behavior")?;
        let mut all = BEHAVIORS.into_iter();
        let behavior = all
            .find(|known| known.1 == name || (!known.0.is_empty() && known.0 == name))
            .ok_or("no such behavior")?;
        let target = &order["target"];
        let known = ["token", "organization", "host", "path"];
        let fields = target.as_object().into_iter().flatten();
        if fields
            .map(|(field, _)| field.as_str())
            .any(|field| !known.contains(&field))
        {
            return Err("no such target");
        }
        let text = |field: &str| target[field].as_str().map(str::to_lowercase);
        // Shorter than any token: it is a C3ID already.
        let c3id = target["token"].as_str().map(|token| match token.len() {
            20 => token.to_owned(),
            _ => id_of(token),
        });
        let delay_s = order["delay_s"].as_i64().unwrap_or_default();
        self.lock().push(Order {
            c3id,
            organization: text("organization"),
            host: text("host"),
            path: text("path"),
            behavior,
            after: order["after"].as_u64().unwrap_or_default(),
            times: order["times"].as_u64().unwrap_or(u64::MAX),
            delay_s,
            seen: 0,
        });
        Ok((behavior, delay_s))
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The behaviours that meet `call`, which counts for them.
    pub(crate) fn meet(&self, call: &Call) -> Active {
        let (c3id, organization) = (call.c3id(), call.organization.as_deref());
        let organization = organization.map(str::to_lowercase);
        let query = call.query.as_deref().unwrap_or_default();
        let path = format!("{}?{query}", call.path).to_lowercase();
        let (mut active, mut about) = (Vec::new(), Vec::new());
        for order in self.lock().iter_mut() {
            if let Some(token) = &order.c3id {
                about.push((token.clone(), order.behavior, order.delay_s));
            }
            let meets = (order.c3id.is_none() || order.c3id == c3id)
                && (order.organization.is_none() || order.organization == organization)
                && order.host.as_ref().is_none_or(|host| *host == call.host)
                && order.path.as_ref().is_none_or(|part| path.contains(part));
            if meets {
                let behind = order.seen.checked_sub(order.after);
                order.seen += 1;
                if behind.is_some_and(|behind| behind < order.times) {
                    active.push((order.behavior, order.delay_s));
                }
            }
        }
        Active(active, about)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
