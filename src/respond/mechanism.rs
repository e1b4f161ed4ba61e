//! Which token an entry of the audit log was made with.
//!
//! The log writes `PAT_Unscoped authorizationId: <guid>`, in places cut at 64 characters, which
//! leaves 34 of 36; behind the longer `SessionToken_Unscoped` 25 are left.

/// Characters of a GUID, all of them.
const WHOLE: usize = 36;
/// Fewer characters of an authorization id than this name nobody. Of a random GUID they are 20 digits,
/// 74 random bits: no stranger's begins so by chance.
pub const MIN_PREFIX: usize = 24;
/// Characters after which the log cuts.
const CUT: usize = 64;
/// What stands before the id.
const LABEL: &str = "authorizationId:";

/// Whom an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'i> {
    /// No token that is known.
    None,
    /// This one.
    One(&'i str),
    /// One of several that begin as what is left of the id.
    Several,
}

/// The authorization id in `mechanism`, or as much as is left of it.
pub fn written(mechanism: &str) -> Option<&str> {
    let (_, behind) = mechanism.split_once(LABEL)?;
    let id = behind.trim().trim_end_matches(['.', '…']);
    let is_part = id.len() <= WHOLE && id.bytes().enumerate().all(is_in_place);
    (id.len() >= MIN_PREFIX && is_part).then_some(id)
}

/// Whether an entry that was made by `mechanism` may name the token `id`.
pub fn may_name(mechanism: &str, id: &str) -> bool {
    written(mechanism).is_some_and(|written| {
        let start = id.get(..written.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(written))
    })
}

/// Whether `text`, which may be cut at `CUT` characters as entries are, tells the authorization id
/// `id` somewhere.
pub fn tells(text: &str, id: &str) -> bool {
    let (text, id) = (text.to_ascii_lowercase(), id.to_ascii_lowercase());
    if id.len() != WHOLE || !id.bytes().enumerate().all(is_in_place) {
        return false;
    }
    let is_digit = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let whole = text.match_indices(&id).any(|(start, _)| {
        let before = text.as_bytes()[..start].last();
        let behind = text.as_bytes().get(start + WHOLE);
        !before.is_some_and(is_digit) && !behind.is_some_and(is_digit)
    });
    let shown = text.trim_end_matches(['.', '…']);
    let is_cut = shown.len() == CUT;
    let parts = MIN_PREFIX..WHOLE;
    let at_end = |length: usize| {
        let start = shown.strip_suffix(&id[..length]);
        start.is_some_and(|start| !start.as_bytes().last().is_some_and(is_digit))
    };
    whole || (is_cut && parts.into_iter().any(at_end))
}

/// Authorization ids that are known.
#[derive(Clone, Debug, Default)]
pub struct Ids<'i> {
    /// Each once, in lower case and as it is known, sorted.
    all: Vec<(String, &'i str)>,
}

impl<'i> Ids<'i> {
    /// Those of `ids` that are GUIDs.
    pub fn new(ids: impl IntoIterator<Item = &'i str>) -> Self {
        let ids = ids.into_iter().filter(|id| id.len() == WHOLE);
        let mut all: Vec<_> = ids.map(|id| (id.to_ascii_lowercase(), id)).collect();
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        Self { all }
    }

    /// Which of them an entry names that was made by `mechanism`.
    pub fn named(&self, mechanism: &str) -> Named<'i> {
        let Some(written) = written(mechanism).map(str::to_ascii_lowercase) else {
            return Named::None;
        };
        let first = self.all.partition_point(|(id, _)| *id < written);
        let mut found = self.all[first..]
            .iter()
            .take_while(|(id, _)| id.starts_with(&written));
        match (found.next(), found.next()) {
            (None, _) => Named::None,
            (Some((_, id)), None) => Named::One(id),
            (Some(_), Some(_)) => Named::Several,
        }
    }
}

/// Whether `byte` may stand there in a GUID.
fn is_in_place((at, byte): (usize, u8)) -> bool {
    match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0b1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4a";
    /// Another only in its last character.
    const TWIN: &str = "0b1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4f";
    const OTHER: &str = "9d1c7a52-3f7e-4d51-9a1c-5e0f1d2c3b4a";

    #[test]
    fn texts_tell_an_id_whole_or_cut_at_their_end() {
        let named = format!("The token with the authorization id {ONE} was revoked.");
        let labelled = format!("Personal access token authorizationId: {ONE}");
        let far = format!("{}{ONE}", "x".repeat(41));
        for (text, id, expected) in [
            (ONE, ONE, true),
            (&*ONE.to_uppercase(), ONE, true),
            (&*named, ONE, true),
            (&*named, OTHER, false),
            (&*labelled, ONE, true),
            (&labelled[..64], ONE, true),
            (&*format!("{}…", &labelled[..64]), ONE, true),
            // It may be either of two, of which one is asked for: the other is as likely.
            (&labelled[..64], OTHER, false),
            // 23 characters are too few.
            (&far[..64], ONE, false),
            // Cut anywhere else, it is no cut of the log.
            (&labelled[..63], ONE, false),
            (&ONE[..34], ONE, false),
            // A part of something longer.
            (&*format!("{ONE}0"), ONE, false),
            (&*format!("f{ONE}"), ONE, false),
            ("", ONE, false),
            (ONE, "", false),
            (ONE, &ONE[..34], false),
        ] {
            assert_eq!(tells(text, id), expected, "{text}");
        }
    }

    #[test]
    fn ids_are_found_whole_or_cut() {
        let pat = format!("PAT_Unscoped authorizationId: {ONE}");
        let session = format!("SessionToken_Unscoped authorizationId: {ONE}");
        assert_eq!(pat[..64].len() - "PAT_Unscoped authorizationId: ".len(), 34);
        for (mechanism, ids, expected) in [
            (&*pat, &[ONE, OTHER][..], Named::One(ONE)),
            (&pat[..64], &[ONE, OTHER], Named::One(ONE)),
            (&session[..64], &[ONE, OTHER], Named::One(ONE)),
            (&*format!("{}…", &pat[..64]), &[ONE], Named::One(ONE)),
            (
                &*pat
                    .to_uppercase()
                    .replace("AUTHORIZATIONID", "authorizationId"),
                &[ONE],
                Named::One(ONE),
            ),
            // Whole, it is the one and not the other; cut, it may be either.
            (&*pat, &[ONE, TWIN], Named::One(ONE)),
            (&pat[..64], &[ONE, TWIN], Named::Several),
            (&pat[..64], &[ONE, ONE], Named::One(ONE)),
            (&pat[..64], &[OTHER], Named::None),
            // 24 characters are enough, 23 are not.
            (&pat[..54], &[ONE], Named::One(ONE)),
            (&pat[..53], &[ONE], Named::None),
            ("PAT_Unscoped authorizationId: ", &[ONE], Named::None),
            ("PAT_Unscoped authorizationId: 0b1c", &[ONE], Named::None),
            (ONE, &[ONE], Named::None),
            ("AAD_Cookie", &[ONE], Named::None),
            ("", &[ONE], Named::None),
            // No start of a GUID.
            (
                "PAT_Unscoped authorizationId: 0b1c7a52x3f7e-4d51-9a1c-5e0f",
                &[ONE],
                Named::None,
            ),
            (&*format!("{pat}0"), &[ONE], Named::None),
            // What is known is no GUID, so that nothing begins as it does.
            (&pat[..64], &[&ONE[..34]], Named::None),
        ] {
            let ids = Ids::new(ids.iter().copied());
            assert_eq!(ids.named(mechanism), expected, "{mechanism}");
        }
    }
}
