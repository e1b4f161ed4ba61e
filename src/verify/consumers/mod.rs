//! Products that use tokens: which of them probably uses a given one, and how to rotate it there.

mod document;
mod place;

use crate::model::{Consumer, Finding, ScopeFit};

use super::scopes;

pub use document::{ConsumerError, Product};
pub use place::Place;

/// The files under `rules/consumers`, by name.
const FILES: [(&str, &str); 15] = [
    file(
        "aggregator-cli",
        include_str!("../../../rules/consumers/aggregator-cli.toml"),
    ),
    file(
        "artifacts-cargo",
        include_str!("../../../rules/consumers/artifacts-cargo.toml"),
    ),
    file(
        "artifacts-maven",
        include_str!("../../../rules/consumers/artifacts-maven.toml"),
    ),
    file(
        "artifacts-npm",
        include_str!("../../../rules/consumers/artifacts-npm.toml"),
    ),
    file(
        "artifacts-nuget",
        include_str!("../../../rules/consumers/artifacts-nuget.toml"),
    ),
    file(
        "artifacts-pip",
        include_str!("../../../rules/consumers/artifacts-pip.toml"),
    ),
    file(
        "autorabit-arm",
        include_str!("../../../rules/consumers/autorabit-arm.toml"),
    ),
    file(
        "azure-devops-mcp",
        include_str!("../../../rules/consumers/azure-devops-mcp.toml"),
    ),
    file(
        "azure-sre-agent",
        include_str!("../../../rules/consumers/azure-sre-agent.toml"),
    ),
    file(
        "marketplace",
        include_str!("../../../rules/consumers/marketplace.toml"),
    ),
    file(
        "pipelines-agent",
        include_str!("../../../rules/consumers/pipelines-agent.toml"),
    ),
    file(
        "renovate",
        include_str!("../../../rules/consumers/renovate.toml"),
    ),
    file(
        "snyk-broker",
        include_str!("../../../rules/consumers/snyk-broker.toml"),
    ),
    file(
        "snyk-essentials",
        include_str!("../../../rules/consumers/snyk-essentials.toml"),
    ),
    file(
        "terraform",
        include_str!("../../../rules/consumers/terraform.toml"),
    ),
];

const fn file(id: &'static str, text: &'static str) -> (&'static str, &'static str) {
    (id, text)
}

/// The products that are known.
#[derive(Debug)]
pub struct Products(Vec<Product>);

/// How much a path says: it is where the product keeps its token, or only one where it may stand.
const PATH: u32 = 3;
/// How much a word on the line says, and a second one.
const WORD: u32 = 2;
/// Words beyond these say nothing new.
const MOST_WORDS: usize = 2;

impl Products {
    /// The built-in ones.
    ///
    /// # Panics
    ///
    /// If a built-in file is not complete, which a test rules out.
    pub fn built_in() -> Self {
        let products = FILES.iter().map(|(id, text)| Product::parse(id, text));
        let products: Result<_, _> = products.collect();
        Self(products.expect("the built-in files are complete: tested"))
    }

    /// These files, each the name of one and its text.
    ///
    /// # Errors
    ///
    /// What is missing or wrong in the first such file.
    pub fn parse<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Self, ConsumerError> {
        let products = files
            .into_iter()
            .map(|(id, text)| Product::parse(id, text))
            .collect::<Result<_, _>>()?;
        Ok(Self(products))
    }

    /// The products that probably use a token found at `places`, the likeliest first.
    ///
    /// `held` are the scopes that it holds, `None` where they are not known as a whole. A product
    /// is a likely one if the token stands where the product keeps such, or if the token holds
    /// just what the product asks for, unless that is everything.
    pub fn likely(&self, held: Option<&[String]>, places: &[Place<'_>]) -> Vec<Consumer> {
        let mut likely: Vec<(u32, Consumer)> = self
            .0
            .iter()
            .filter_map(|product| rank(product, held, places))
            .collect();
        likely.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
        likely.into_iter().map(|(_, consumer)| consumer).collect()
    }

    /// The same for a finding, wherever it stands.
    pub fn of_finding(&self, held: Option<&[String]>, finding: &Finding) -> Vec<Consumer> {
        self.likely(held, &Place::all(finding))
    }
}

/// How likely a product is, with why; `None` if nothing points at it.
fn rank(
    product: &Product,
    held: Option<&[String]>,
    places: &[Place<'_>],
) -> Option<(u32, Consumer)> {
    let fit = fit(product, held);
    let path = places.iter().find_map(|place| {
        let pattern = product.found.paths.iter().find(|glob| place.is_at(glob))?;
        Some((place.name(), pattern))
    });
    let words: Vec<&String> = product
        .found
        .words
        .iter()
        .filter(|word| places.iter().any(|place| place.says(word)))
        .take(MOST_WORDS)
        .collect();
    let mut why = Vec::new();
    if let Some((name, _)) = &path {
        why.push(format!("it stands in {name}"));
    }
    why.extend(words.iter().map(|word| format!("`{word}` stands with it")));
    let is_placed = !why.is_empty();
    match fit {
        ScopeFit::Exact => why.push("its scopes are just those that this asks for".to_owned()),
        ScopeFit::Superset => why.push("its scopes include those that this asks for".to_owned()),
        ScopeFit::Lacking => why.push("but it lacks scopes that this asks for".to_owned()),
        ScopeFit::Unknown => {}
    }
    // Full access alone points at nobody: whoever did not choose scopes has it.
    let has_full_access =
        held.is_some_and(|held| held.iter().any(|scope| scope == scopes::FULL_ACCESS));
    if !is_placed && (fit != ScopeFit::Exact || has_full_access) {
        return None;
    }
    let evidence = u32::from(path.is_some()) * PATH + words.len() as u32 * WORD;
    let score = match fit {
        ScopeFit::Exact => evidence * 2 + 5,
        ScopeFit::Superset => evidence * 2 + 1,
        ScopeFit::Unknown => evidence * 2,
        // Below any that would work: it may have been made for this, and changed since.
        ScopeFit::Lacking => evidence.min(4),
    };
    Some((score, product.consumer(fit, why)))
}

/// How what a token holds compares with what a product asks for, at best.
fn fit(product: &Product, held: Option<&[String]>) -> ScopeFit {
    let Some(held) = held else {
        return ScopeFit::Unknown;
    };
    let has = |wanted: &String| held.iter().any(|scope| scopes::implies(scope, wanted));
    let alternatives = product.scopes.iter().map(|asked| {
        let is_asked = |scope: &String| asked.iter().any(|wanted| scopes::implies(wanted, scope));
        match (asked.iter().all(has), held.iter().all(is_asked)) {
            (true, true) => ScopeFit::Exact,
            (true, false) => ScopeFit::Superset,
            (false, _) => ScopeFit::Lacking,
        }
    });
    match alternatives.min() {
        Some(ScopeFit::Lacking) if product.scopes_vary => ScopeFit::Unknown,
        // That it has full access does not point at a product that would work with anything.
        Some(ScopeFit::Exact) if product.scopes_vary => ScopeFit::Superset,
        Some(fit) => fit,
        None => ScopeFit::Unknown,
    }
}

#[cfg(test)]
mod tests;
