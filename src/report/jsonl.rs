//! The JSON report as a stream: findings, then problems, then one summary, each on its own line.
//!
//! The objects are those of [`super::json`] with a `type` before them. A stream whose last line is
//! not the summary was cut off.

use std::io::{self, Write};

use serde::Serialize;

use super::json::{Baseline, Coverage, Finding, Problem, SCHEMA, Summary, Target, Tool, targets};
use super::view::View;
use super::{Reporter, json_text};

/// Writes one object per line.
#[derive(Debug)]
pub(super) struct Jsonl;

impl Reporter for Jsonl {
    fn write(&self, view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in view.findings() {
            json_text::write_line(&Line::Finding(&Finding::new(finding)), out)?;
        }
        for problem in view.problems() {
            json_text::write_line(&Line::Problem(&Problem::new(problem)), out)?;
        }
        let end = End {
            schema: SCHEMA,
            tool: Tool::THIS,
            targets: targets(view),
            coverage: Coverage::new(view),
            baseline: Baseline::new(view),
            summary: Summary::new(view),
        };
        json_text::write_line(&Line::Summary(&end), out)
    }

    fn wrote(&self, head: &[u8], tail: &[u8]) -> bool {
        let kinds = ["finding", "problem", "summary"];
        let mut starts = kinds.iter().map(|kind| format!("{{\"type\":\"{kind}\","));
        let last = tail.trim_ascii_end().rsplit(|&byte| byte == b'\n').next();
        let end = format!("{{\"type\":\"summary\",\"schema\":\"{SCHEMA}\"");
        starts.any(|start| head.starts_with(start.as_bytes()))
            && last.is_some_and(|line| line.starts_with(end.as_bytes()))
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'l, 'v> {
    Finding(&'l Finding<'v>),
    Problem(&'l Problem),
    Summary(&'l End<'v>),
}

/// What stands around the findings and problems of the JSON report.
#[derive(Serialize)]
struct End<'v> {
    schema: &'static str,
    tool: Tool,
    targets: Vec<Target>,
    coverage: Coverage<'v>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline>,
    summary: Summary,
}
