//! Properties files: settings that are joined to one another by what their keys begin with.

use memchr::memmem;

use super::Verdict;
use super::host::user_name;
use super::text::Text;
use super::url::place_of;

/// Ends of the keys that hold the URL.
const URLS: [&[u8]; 4] = [b"url", b"uri", b"repository", b"repositoryurl"];

/// Ends of the keys that hold the user's name, which Azure Artifacts wants to be the organisation.
const USERS: [&[u8]; 2] = [b"username", b"user"];

/// Reads the settings `contosoUrl` and `contosoUsername` beside the `contosoPassword` that the
/// token is, as Gradle has them.
pub(super) fn around(text: &Text<'_>) -> Option<Verdict> {
    let line = text.line(text.token.start);
    let (key, value) = setting(&text.low[line.start..text.token.start])?;
    let stem = key
        .strip_suffix(b"password")
        .filter(|stem| !stem.is_empty())?;
    if !value.is_empty() {
        return None;
    }
    let beside = |ends: &[&[u8]]| {
        let found = memmem::find_iter(&text.low, stem);
        let mut starts = found.filter(|&at| at == 0 || text.low[at - 1] == b'\n');
        starts.find_map(|at| {
            let line = text.line(at);
            let (key, value) = setting(&text.low[line]).filter(|(_, value)| !value.is_empty())?;
            ends.contains(&key.strip_prefix(stem)?).then_some(value)
        })
    };
    if let Some(place) = beside(&URLS).and_then(place_of) {
        return Some(place.into());
    }
    user_name(beside(&USERS)?).map(Verdict::Named)
}

/// The key and the value of `line`, which starts with the key.
fn setting(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let length = line.iter().take_while(is_part).count();
    let value = line[length..].trim_ascii_start().strip_prefix(b"=")?;
    (length > 0).then(|| (&line[..length], value.trim_ascii()))
}
