//! Tokens that stand plainly in a run: both generations by their checksums, OAuth tokens by
//! their shape and issuer.

use std::ops::Range;

use super::plan::{Match, Plan};
use super::prefilter;
use super::run::Run;
use crate::model::Proof;
use crate::token::cask::{self, Refusal};
use crate::token::jwt;
use crate::token::legacy::{self, LegacyKind};

/// The longest OAuth token, encoded.
const MAX_JWT: usize = jwt::MAX_DECODED / 3 * 4 + 4;
/// What the base64 of a JSON object starts with.
const JSON: &[u8] = b"eyJ";

/// Finds the tokens in `run` of `layer`; gives the span of each in the layer.
pub(super) fn search(
    plan: &Plan,
    layer: &[u8],
    run: &Run<'_>,
    found: &mut dyn FnMut(Range<usize>, Match),
) {
    let raw = &layer[run.raw.clone()];
    let mut place = |span: Range<usize>, what| {
        found(run.raw.start + span.start..run.raw.start + span.end, what);
    };
    let may_be_legacy = prefilter::next_base32(raw, 0).is_some();
    let may_be_pat = raw.len() >= cask::LEN;
    if may_be_legacy {
        legacy_tokens(plan, raw, &mut place);
    }
    if may_be_pat {
        // The long form ends in a padding that belongs to no run.
        let padded = &layer[run.raw.start..layer.len().min(run.raw.end + 2)];
        pats(plan, padded, &mut place);
    }
    if may_be_legacy || may_be_pat {
        for line in run.raw_lines() {
            unproven(plan, layer, &line, found);
        }
    }
    if !run.is_wrapped() {
        oauth_tokens(plan, layer, &run.raw, found);
    }
}

fn legacy_tokens(plan: &Plan, text: &[u8], found: &mut dyn FnMut(Range<usize>, Match)) {
    let mut from = 0;
    while let Some(span) = prefilter::next_base32(text, from) {
        from = span.end;
        legacy::scan(&text[span.clone()], &mut |at, kind| {
            let rule = match kind {
                LegacyKind::UserPat => &plan.legacy,
                LegacyKind::AppSecret => &plan.app_secret,
            };
            if let Some(rule) = rule {
                let token = span.start + at..span.start + at + legacy::LEN;
                found(
                    token.clone(),
                    Match::built_in(rule, Proof::Checksum, &text[token]),
                );
            }
        });
    }
}

fn pats(plan: &Plan, text: &[u8], found: &mut dyn FnMut(Range<usize>, Match)) {
    let Some(rule) = &plan.pat else { return };
    for at in memchr::memmem::find_iter(text, cask::SIGNATURE) {
        let Some(start) = at.checked_sub(cask::SIGNATURE_OFFSET) else {
            continue;
        };
        for length in [cask::LONG_LEN, cask::LEN] {
            let span = start..start + length;
            let Some(token) = text.get(span.clone()) else {
                continue;
            };
            if let Ok(proven) = cask::check(token) {
                let what = Match::built_in(rule, Proof::Checksum, token);
                found(
                    span,
                    Match {
                        issued: Some(proven.issued),
                        ..what
                    },
                );
                break;
            }
        }
    }
}

/// The right shape with a wrong checksum; whether a name says that a token stands there may be a
/// matter of the layers around.
fn unproven(
    plan: &Plan,
    layer: &[u8],
    run: &Range<usize>,
    found: &mut dyn FnMut(Range<usize>, Match),
) {
    let Some(rule) = &plan.unproven else { return };
    let text = &layer[run.clone()];
    let mut report = |span: Range<usize>| {
        let token = &layer[span.clone()];
        found(span, Match::built_in(rule, Proof::Shape, token));
    };
    let alone = |span: &Range<usize>| {
        let is_alphanumeric = |at: Option<usize>| {
            at.and_then(|at| layer.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        !is_alphanumeric(span.start.checked_sub(1)) && !is_alphanumeric(Some(span.end))
    };
    let mut from = 0;
    while let Some(span) = prefilter::next_base32(text, from) {
        from = span.end;
        let span = run.start + span.start..run.start + span.end;
        if span.len() == legacy::LEN
            && alone(&span)
            && legacy::check(&layer[span.clone()]).is_none()
        {
            report(span);
        }
    }
    for at in memchr::memmem::find_iter(text, cask::SIGNATURE) {
        let Some(start) = at.checked_sub(cask::SIGNATURE_OFFSET) else {
            continue;
        };
        let span = run.start + start..run.start + start + cask::LEN;
        let Some(token) = layer.get(span.clone()) else {
            continue;
        };
        if alone(&span) && matches!(cask::check(token), Err(Refusal::Checksum)) {
            report(span);
        }
    }
}

/// Header, payload and signature, with dots between: `run` is one of the three.
fn oauth_tokens(
    plan: &Plan,
    layer: &[u8],
    run: &Range<usize>,
    found: &mut dyn FnMut(Range<usize>, Match),
) {
    let Some(rule) = &plan.oauth_token else {
        return;
    };
    let is_dot = |at: Option<usize>| at.and_then(|at| layer.get(at)) == Some(&b'.');
    // The payload has a dot on either side, and is JSON like the header.
    let payload = &layer[run.clone()];
    if !is_dot(run.start.checked_sub(1)) || !is_dot(Some(run.end)) || !payload.starts_with(JSON) {
        return;
    }
    let header = prefilter::run_around(layer, run.start - 1);
    let signature = prefilter::run_around(layer, run.end + 1);
    if signature.start != run.end + 1 || header.end != run.start - 1 {
        return;
    }
    // A slash may be glued to it, as in a URL, which no signature holds.
    let signature_len = layer[signature.clone()]
        .iter()
        .take_while(|byte| !matches!(byte, b'+' | b'/'))
        .count();
    for at in memchr::memmem::find_iter(&layer[header.clone()], JSON) {
        let span = header.start + at..signature.start + signature_len;
        if span.len() > MAX_JWT {
            continue;
        }
        if let Some(token) = jwt::parse(&layer[span.clone()]) {
            let what = Match::built_in(rule, Proof::Shape, &layer[span.clone()]);
            found(
                span,
                Match {
                    expires: token.expires,
                    ..what
                },
            );
            return;
        }
    }
}
