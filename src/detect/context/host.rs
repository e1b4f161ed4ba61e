//! Which organisation a host and the path after it name.

/// What a URL says about its organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is one of this organisation, in lower case.
    Named(String),
    /// It is one of Azure DevOps and names no organisation.
    Nameless,
    /// It is one of another service.
    Foreign,
}

/// Subdomains of `dev.azure.com` and second labels of `visualstudio.com` that serve
/// organisations.
const SERVICES: [&str; 16] = [
    "advsec",
    "almsearch",
    "analytics",
    "artifacts",
    "auditservice",
    "codedev",
    "extmgmt",
    "feeds",
    "pkgs",
    "release",
    "vsaex",
    "vsblob",
    "vsrm",
    "vssps",
    "vstmr",
    "vstsusers",
];

/// First labels of `visualstudio.com` that are no organisations, beside [`SERVICES`].
const NO_ORGANIZATIONS: [&str; 16] = [
    "aex",
    "app",
    "code",
    "dc",
    "docs",
    "gallery",
    "login",
    "marketplace",
    "my",
    "prod",
    "services",
    "static",
    "status",
    "support",
    "vs-ssh",
    "www",
];

/// User names that tools ask for and ignore, so that they name nothing.
const PLACEHOLDERS: [&str; 32] = [
    "admin",
    "any",
    "anything",
    "anyuser",
    "azdo",
    "azure",
    "azuredevops",
    "basic",
    "build",
    "dummy",
    "foo",
    "git",
    "me",
    "none",
    "notused",
    "oauth2",
    "optional",
    "pat",
    "personalaccesstoken",
    "placeholder",
    "root",
    "token",
    "unused",
    "user",
    "username",
    "vssessiontoken",
    "x",
    "x-access-token",
    "x-oauth-basic",
    "x-token-auth",
    "xxx",
    "your-username",
];

/// Characters of an organisation's name, at most.
const MAX_LEN: usize = 50;

/// Bytes of a soft break at most, its carriage return flattened to spaces.
const MAX_BREAK: usize = 16;

/// What documentation writes where an organisation belongs.
const EXAMPLES: [&str; 12] = [
    "org",
    "org-name",
    "organisation",
    "organization",
    "organizationname",
    "orgname",
    "your-org",
    "your-organization",
    "yourorg",
    "yourorganization",
    "yourorganizationname",
    "yourorgname",
];

/// Top-level domains by which a host without a scheme is told from other names with dots, such as
/// keys of properties files: those of public services, and those of networks at home.
const TOP_LEVELS: [&str; 22] = [
    "au", "ca", "ch", "cloud", "com", "corp", "de", "edu", "eu", "fr", "gov", "info", "internal",
    "io", "jp", "lan", "local", "net", "nl", "org", "uk", "us",
];

/// Whether `text`, in lower case, is a host without a scheme, perhaps with a port or a path.
pub(super) fn is_host(text: &[u8]) -> bool {
    let end = text
        .iter()
        .position(|byte| b":/".contains(byte))
        .unwrap_or(text.len());
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let host = std::str::from_utf8(&text[..end]).unwrap_or_default();
    let top = host
        .rsplit_once('.')
        .filter(|(labels, _)| !labels.is_empty());
    host.bytes().all(is_part) && top.is_some_and(|(_, top)| TOP_LEVELS.binary_search(&top).is_ok())
}

/// Reads what follows the `://` of a URL, in lower case and unescaped.
pub(super) fn place(rest: &[u8]) -> Place {
    let end = rest
        .iter()
        .position(|byte| b"/?#".contains(byte))
        .unwrap_or(rest.len());
    let at = rest[..end].iter().rposition(|&byte| byte == b'@');
    let user = at.map(|at| {
        rest[..at]
            .split(|&byte| byte == b':')
            .next()
            .unwrap_or_default()
    });
    let host_start = at.map_or(0, |at| at + 1);
    let host_end = rest[host_start..end]
        .iter()
        .position(|&byte| byte == b':')
        .map_or(end, |colon| host_start + colon);
    organization(&rest[host_start..host_end], &rest[host_end..], user)
}

/// Reads a host, what follows it, and the user before it; all in lower case and unescaped.
pub(super) fn organization(host: &[u8], tail: &[u8], user: Option<&[u8]>) -> Place {
    let Ok(host) = std::str::from_utf8(host) else {
        return Place::Foreign;
    };
    // `git -c http.https://contoso.visualstudio.com.extraheader=…` glues the key to the host.
    let host = host.trim_end_matches('.').trim_end_matches(".extraheader");
    let named = match host {
        "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => ssh(tail).or_else(|| user_name(user?)),
        "dev.azure.com" => path(tail, user),
        _ => {
            if let Some(service) = host.strip_suffix(".dev.azure.com") {
                SERVICES
                    .contains(&service)
                    .then(|| path(tail, user))
                    .flatten()
            } else if let Some(labels) = host.strip_suffix(".visualstudio.com") {
                label(labels)
            } else {
                return Place::Foreign;
            }
        }
    };
    named.map_or(Place::Nameless, Place::Named)
}

/// Reads the name at the start of `bytes`, with its length, if it can be one of an organisation
/// and ends as a name does.
pub(super) fn name(bytes: &[u8]) -> Option<(String, usize)> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    let length = bytes.iter().take(MAX_LEN + 1).take_while(is_part).count();
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    (is_name(text) && ends_name(&bytes[length..])).then(|| (text.to_owned(), length))
}

/// Reads a user name that may stand for an organisation.
pub(super) fn user_name(user: &[u8]) -> Option<String> {
    let user = std::str::from_utf8(user).ok()?;
    (is_name(user) && PLACEHOLDERS.binary_search(&user).is_err()).then(|| user.to_owned())
}

/// Whether `text`, in lower case, can name an organisation.
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LEN).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && EXAMPLES.binary_search(&text).is_err()
}

/// Whether a name may end before `rest`: not where it runs into a variable, a dot of a file name,
/// or a letter that no organisation has.
fn ends_name(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'%', high, low, ..] => {
            matches!(
                (high, low),
                (b'2', b'0' | b'2' | b'7' | b'3' | b'6') | (b'0', b'a' | b'd')
            )
        }
        [b'.', next, ..] => !next.is_ascii_alphanumeric() && *next != b'_',
        // A URL may end with the sign of the break.
        [b'='] => false,
        [b'=', ..] => !is_soft_break(rest),
        [byte, ..] => byte.is_ascii_whitespace() || b"./?#\"'`<>)]},;:|&\\*!=\0\x1b".contains(byte),
    }
}

/// Whether `rest`, its line breaks flattened, starts with a soft break of quoted-printable: what
/// stands before it goes on behind it.
fn is_soft_break(rest: &[u8]) -> bool {
    let behind = rest.iter().skip(1).take(MAX_BREAK);
    let mut behind = behind.skip_while(|&&byte| byte == b' ');
    rest.first() == Some(&b'=') && matches!(behind.next(), Some(b'\n' | b'\r'))
}

/// Whether `before`, its line breaks flattened, ends with a soft break of quoted-printable.
pub(super) fn follows_soft_break(before: &[u8]) -> bool {
    let Some(line) = before.strip_suffix(b"\n") else {
        return false;
    };
    let mut line = line.iter().rev().take(MAX_BREAK);
    line.find(|&&byte| byte != b' ') == Some(&b'=')
}

/// The first segment of the path, or the user where there is no path.
fn path(tail: &[u8], user: Option<&[u8]>) -> Option<String> {
    let tail = skip_port(tail);
    match tail {
        [b'=', ..] if is_soft_break(tail) => None,
        [b'/', segment @ ..] if segment.first().is_some_and(|&byte| !is_blank(byte)) => {
            name(segment).map(|(name, _)| name)
        }
        _ => user_name(user?),
    }
}

/// The segment after `v3`, in the forms `:v3/…` and `/v3/…`.
fn ssh(tail: &[u8]) -> Option<String> {
    let tail = skip_port(tail);
    let rest = tail
        .strip_prefix(b":v3/")
        .or_else(|| tail.strip_prefix(b"/v3/"))?;
    name(rest).map(|(name, _)| name)
}

/// The organisation in the labels before `.visualstudio.com`.
fn label(labels: &str) -> Option<String> {
    let organization = match labels.split_once('.') {
        None => labels,
        Some((organization, service)) if SERVICES.contains(&service) => organization,
        Some(_) => return None,
    };
    let excluded = SERVICES.contains(&organization)
        || NO_ORGANIZATIONS.contains(&organization)
        || organization.starts_with("static");
    (!excluded && is_name(organization)).then(|| organization.to_owned())
}

/// What follows `:443`.
fn skip_port(tail: &[u8]) -> &[u8] {
    let Some(port) = tail.strip_prefix(b":") else {
        return tail;
    };
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { tail } else { &port[digits..] }
}

/// Whether `byte` ends a URL after its slash.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`<>)],;?#\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(PLACEHOLDERS.is_sorted());
        assert!(EXAMPLES.is_sorted());
        assert!(TOP_LEVELS.is_sorted());
    }

    #[test]
    fn urls_name_organizations() {
        let check = |url: &str, expected: &str| {
            let expected = match expected {
                "-" => Place::Nameless,
                "!" => Place::Foreign,
                name => Place::Named(name.to_owned()),
            };
            assert_eq!(place(url.as_bytes()), expected, "{url}");
        };
        check("dev.azure.com/contoso", "contoso");
        check("dev.azure.com/contoso/project/_git/repo", "contoso");
        check("dev.azure.com:443/contoso?x=1", "contoso");
        check("dev.azure.com./contoso.", "contoso");
        check("dev.azure.com/con-toso-5/", "con-toso-5");
        check("x:y@dev.azure.com/contoso/", "contoso");
        check("fabrikam@dev.azure.com/contoso/", "contoso");
        check("fabrikam@dev.azure.com", "fabrikam");
        check("fabrikam@dev.azure.com/", "fabrikam");
        check("fabrikam:x@dev.azure.com", "fabrikam");
        check("pat:x@dev.azure.com", "-");
        check("me@contoso.com:x@dev.azure.com", "-");
        check("fabrikam:x@dev.azure.com/{org}/", "-");
        check("dev.azure.com", "-");
        check("dev.azure.com/", "-");
        check("dev.azure.com/_apis/projects", "-");
        check("dev.azure.com/{organization}/", "-");
        check("dev.azure.com/<organization>/", "-");
        check("dev.azure.com/$org/", "-");
        check("dev.azure.com/con_toso/", "-");
        check("dev.azure.com/contoso$x/", "-");
        check("dev.azure.com/index.html", "-");
        check("dev.azure.com/-contoso/", "-");
        check("dev.azure.com/contoso-/", "-");
        check("dev.azure.com/your-org/", "-");
        check(
            &format!("dev.azure.com/{}", "c".repeat(50)),
            &"c".repeat(50),
        );
        check(&format!("dev.azure.com/{}", "c".repeat(51)), "-");
        for service in SERVICES {
            check(
                &format!("{service}.dev.azure.com/contoso/_packaging/f"),
                "contoso",
            );
            check(
                &format!("contoso.{service}.visualstudio.com/_packaging/f"),
                "contoso",
            );
            check(&format!("{service}.visualstudio.com/x"), "-");
        }
        check("other.dev.azure.com/contoso", "-");
        check("contoso.visualstudio.com", "contoso");
        check("contoso.visualstudio.com.extraheader", "contoso");
        check("contoso.visualstudio.com/DefaultCollection/p", "contoso");
        check("contoso.other.visualstudio.com", "-");
        check("app.vssps.visualstudio.com/_apis", "-");
        check("app.vstoken.visualstudio.com", "-");
        check("marketplace.visualstudio.com/items", "-");
        check("dc.services.visualstudio.com/v2/track", "-");
        check("git@ssh.dev.azure.com:v3/contoso/p/r", "contoso");
        check("git@ssh.dev.azure.com/v3/contoso/p/r", "contoso");
        check("git@ssh.dev.azure.com:22/v3/contoso/p/r", "contoso");
        check("git@ssh.dev.azure.com", "-");
        check("contoso@vs-ssh.visualstudio.com:v3/contoso/p/r", "contoso");
        check("contoso@vs-ssh.visualstudio.com:22/p", "contoso");
        check("github.com/contoso", "!");
        check("portal.azure.com/contoso", "!");
        check("xdev.azure.com/contoso", "!");
        for soft in ["=\n", "=\r\n", "= \n", "=   \n"] {
            check(&format!("dev.azure.com/conto{soft}so/p"), "-");
            let tail = format!("{soft}/contoso");
            let place = organization(b"dev.azure.com", tail.as_bytes(), Some(b"fabrikam"));
            assert_eq!(place, Place::Nameless, "{soft:?}");
            assert!(follows_soft_break(soft.replace('\r', " ").as_bytes()));
        }
        check("dev.azure.com/contoso=", "-");
        check("dev.azure.com/contoso=20x", "contoso");
        check("dev.azure.com.example.org/contoso", "!");
        check("dev.azure.com@example.org/contoso", "!");
        check("visualstudio.com/contoso", "!");
        check("", "!");
    }
}
