//! Where the blobs of a token stand today, since when, and until when they stood.

use super::super::table::Number;
use super::Tracing;
use super::details::Details;
use super::mask::Mask;
use super::reach;
use crate::model::Exposure;

impl Tracing<'_> {
    /// The exposure of each token, in their order.
    pub(super) fn exposures(&self, details: &mut Details<'_>) -> Vec<Exposure> {
        let head = self.tips.head.map(|head| reach::peel(&self.tags, head));
        let history = reach::history(&self.graph, &self.tags, head.into_iter());
        let mut refs: Vec<_> = self
            .tips
            .refs
            .iter()
            .map(|(name, tip)| (name, reach::peel(&self.tags, *tip)))
            .collect();
        refs.sort_unstable();
        let mut exposures = Vec::with_capacity(self.hits.tokens.len());
        for tokens in self.hits.tokens.chunks(Mask::BITS) {
            let bits = tokens.iter().enumerate();
            let bits = bits.flat_map(|(bit, blobs)| blobs.iter().map(move |&blob| (blob, bit)));
            let block = self.block(bits);
            let has = |commit| block.held(commit);
            let first = self.graph.introduced(has);
            let removed = self.graph.removed(&history, has);
            let index = self
                .tips
                .index
                .iter()
                .fold(Mask::default(), |mask, &blob| mask | block.direct(blob));
            let mut present_at = vec![Vec::new(); tokens.len()];
            let mut present = |place: &str, mask: Mask| {
                for bit in mask.bits() {
                    present_at[bit].push(place.to_owned());
                }
            };
            let at = |tip: Number| match self.graph.find(tip) {
                Some(commit) => block.held(commit),
                None => block.direct(tip),
            };
            let in_head = head.map_or(Mask::default(), at);
            present("index", index);
            present("HEAD", in_head);
            for &(name, tip) in &refs {
                present(name, at(tip));
            }
            for (bit, present_at) in present_at.into_iter().enumerate() {
                let removed = removed[bit].filter(|_| !in_head.has(bit));
                exposures.push(Exposure {
                    first: first[bit].map(|commit| details.of(commit)),
                    present_at,
                    removed_by: removed.map(|commit| details.of(commit)),
                    is_partial: false,
                });
            }
        }
        exposures
    }
}
