//! From a report, which never holds a token, back to the tokens: read where they leaked, out of a
//! sealed file, or from standard input.
