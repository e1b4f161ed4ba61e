//! Finds out what is new in a checkout, and has what is missing fetched if that is asked for.

use std::path::Path;

use super::super::console::Console;
use super::super::exit::{Complaint, Failure};
use crate::gate::ci::{Depth, Plan, Run, Wish, deepen};
use crate::sources::git::Scope;
use crate::sources::git::part::Checkout;

/// A checkout, and what is scanned of it.
pub(super) struct Prepared {
    pub(super) checkout: Checkout,
    pub(super) plan: Plan,
}

/// How much more history is fetched, one after the other, until it is enough.
const DEPTHS: [Depth; 3] = [Depth::More(50), Depth::More(1000), Depth::All];

/// What is scanned of the repository at or around `path`. With a console, what is missing is fetched,
/// and it is said if that fails.
pub(super) fn prepare(
    path: &Path,
    scope: &Scope,
    run: Option<&Run>,
    wish: &Wish,
    deepening: Option<Console>,
) -> Result<Prepared, Failure> {
    let mut checkout = Checkout::at(path, scope)?;
    let mut plan = Plan::of(run, &checkout, wish);
    let Some(console) = deepening else {
        let plan = plan?;
        return Ok(Prepared { checkout, plan });
    };
    let mut wanted = None;
    for depth in DEPTHS {
        let (wants, tips) = match &plan {
            Ok(plan) => (plan.wants.clone(), plan.tips.clone()),
            Err(error) => (error.want().into_iter().collect(), Vec::new()),
        };
        let is_cut = |plan: &Plan| checkout.is_cut(&plan.tips, &plan.known);
        // What was not to be had will not be the next time.
        let is_new = !wants.is_empty() && wanted.as_ref() != Some(&wants);
        if !is_new && !plan.as_ref().is_ok_and(is_cut) {
            break;
        }
        let depth = if checkout.is_shallow() {
            depth
        } else {
            Depth::Same
        };
        if let Err(error) = deepen(checkout.folder(), &checkout.remotes(), depth, &wants, &tips) {
            console.complain(&Complaint::new(&error, None));
            break;
        }
        checkout = Checkout::at(path, scope)?;
        plan = Plan::of(run, &checkout, wish);
        wanted = Some(wants);
    }
    let plan = plan?;
    Ok(Prepared { checkout, plan })
}
