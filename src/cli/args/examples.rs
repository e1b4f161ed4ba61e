//! Examples and exit codes, as `--help` ends with them.

pub(super) const EXAMPLES: &str = "\
Examples:
  patsweep scan                          scan the current folder
  patsweep scan src build.log            scan a folder and a file
  git log -p | patsweep scan -           scan standard input
  patsweep scan -f json -o leaks.json    write a report to a file
  patsweep scan src --verify             ask Azure DevOps which tokens still work
  patsweep rules explain < token.txt     say what a token is

Exit codes:
  0    complete, nothing to report
  1    at least one leak
  2    could not run: usage, configuration, or a target that cannot be opened
  3    incomplete: something was not read or not answered, and no leak was found
  4    at least one leak still works, says Azure DevOps
  130  interrupted; what was found so far is reported";

pub(super) const SCAN_EXAMPLES: &str = "\
Examples:
  patsweep scan
      Scan the current folder, hidden and git-ignored files and archives included.

  patsweep scan /srv/build dist.zip notes.docx
      Scan several targets. All of them are checked before anything is read.

  kubectl get secret -o yaml | patsweep scan -
      Scan standard input.

  patsweep scan --staged
      Scan what the next commit will hold.

  patsweep scan --range origin/main...HEAD
      Scan what the commits of a branch bring.

  patsweep scan -f sarif -o leaks.sarif -f text
      Write SARIF to a file and text to standard output.

  patsweep scan -f json -o leaks.json --seal leaks.age --recipient age1…
      Hand over the tokens beside the report, which never holds them.

  patsweep scan --verify --fail-on active
      Ask Azure DevOps about what is found, and fail for tokens that still work.

  patsweep scan --fail-on proven --exit-code 10
      Exit with 10, and only for tokens that are proven by their checksum.

  patsweep scan --rules contoso.toml --exclude '*.min.js' --exclude /vendor
      Look for your own kinds of token, too, and leave some files out.

Exit codes:
  0    complete, nothing to report at or above --fail-on
  1    at least one leak at or above --fail-on (another code with --exit-code)
  2    could not run: usage, configuration, or a target that cannot be opened
  3    incomplete: something was not read or not answered, and no leak was found
  4    with --verify: at least one leak still works
  130  interrupted; what was found so far is reported";

pub(super) const VERIFY_EXAMPLES: &str = "\
Examples:
  patsweep verify --org contoso < token.txt
      Ask one organization about the token in a file.

  patsweep scan src -f json -o leaks.json
  patsweep verify --from leaks.json --source src
      Scan first and verify later: the places of the report are read again.

  patsweep verify --from leaks.json --sealed leaks.age --identity key.txt
      Take the tokens out of a file that `scan --seal` wrote.

Exit codes:
  0    nothing to report at or above --fail-on
  1    at least one leak, none of them known to work
  2    could not run: usage, configuration, or a report that cannot be used
  3    with --fail-on active: not answered, and no leak is known to work
  4    at least one leak still works
  130  interrupted; what was answered so far is reported";

pub(super) const MAP_EXAMPLES: &str = "\
Examples:
  patsweep map --org contoso < token.txt
      Whose the token is, where it works, and who probably uses it.

  patsweep map --from leaks.json --source src --probe-scopes
      The same for a whole report, and what each of them may read.

  patsweep map --from leaks.json --sealed leaks.age --identity key.txt -f json
      As JSON.

Exit codes: as of `patsweep verify`.";

pub(super) const REVOKE_EXAMPLES: &str = "\
Examples:
  patsweep revoke --from leaks.json --org contoso --auth az --plan-out plan.json
      Show what would be revoked, and write it down.

  patsweep revoke --execute --plan plan.json --org contoso --auth az --watch
      Revoke exactly that, and watch until it shows.

  patsweep revoke --resume --org contoso --auth az
      Go on after a crash, or look again at what was accepted.

Exit codes:
  0    nothing to revoke, or all of it is revoked
  1    a leak was left alone that is not known to work
  2    could not run: usage, configuration, sign-in, or the journal cannot be written
  3    whether a leak works is not known, or the report lacks what was not scanned
  4    at least one leak still works and was left alone; the plan alone: works
  5    a revocation failed, or shows no effect after --watch
  6    a revocation was accepted, and shows no effect yet
  130  interrupted; --resume goes on";

pub(super) const AUDIT_EXAMPLES: &str = "\
Examples:
  patsweep audit --org contoso --auth az
      The policies, the people with tokens, and the tokens that stand out.

  patsweep audit --org contoso --auth az --rules rules.toml
      The same, with what your rules do not accept.

  patsweep audit --org contoso --auth az -f csv > tokens.csv
      All tokens that work, for a spreadsheet.

Exit codes:
  0    read whole, and nothing is against the rules
  1    something is against the rules
  2    could not run: usage, configuration, sign-in, or nothing could be read
  3    something could not be read
  130  interrupted; what was read so far is reported";

pub(super) const TIMELINE_EXAMPLES: &str = "\
Examples:
  patsweep timeline --from leaks.json --org contoso --auth az
      What was done with the tokens of a report since they were exposed.

  patsweep timeline --org contoso --auth az --exposed 2026-11-01 < token.txt
      The same of a token, of which you know when it was exposed.

  patsweep timeline --from leaks.json --org contoso --auth az -f csv > events.csv
      All events, for a spreadsheet.

Exit codes:
  0    nothing that the log tells is suspicious
  1    something is suspicious
  2    could not run: usage, configuration, sign-in, or nothing could be read
  3    something could not be read, or a token is on no list, and nothing is suspicious
  130  interrupted; what was read so far is reported";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  patsweep rules explain < token.txt
      Say what the token in a file is.

  wl-paste | patsweep rules explain
      Say what the token on the clipboard is.

Exit codes:
  0    recognised, and proven by its checksum
  1    anything else
  2    could not run";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  patsweep generate man | man -l -
      Read the overview.

  patsweep generate man scan > patsweep-scan.1
      Write the page of one command.";

pub(super) const BASELINE_EXAMPLES: &str = "\
Examples:
  patsweep baseline add --reason 'revoked on 2026-11-20' --owner ops
      Scan the current folder, and write down what is found as known.

  patsweep baseline add --from report.json --id C3ID --reason 'test tenant' --expires 2027-01-31
      Write down one token of a report, until a day.

  patsweep scan --baseline .patsweep-baseline.json
      Scan, and let what is known pass.

  patsweep baseline check
      Say whether the file is in order, and every entry still of use.";

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  patsweep import gitleaks gitleaks-report.json
  patsweep import gitleaks .gitleaksignore
  patsweep import detect-secrets .secrets.baseline --owner ops
  patsweep import kingfisher baseline-file.yaml
  patsweep import trufflehog trufflehog.jsonl --baseline known.json";

pub(super) const HOOK_EXAMPLES: &str = "\
Examples:
  patsweep hook install
      Look at every commit, its message, and every push of this repository.

  patsweep hook install pre-push
      Look at pushes only.

  patsweep hook run pre-push \"$@\"
      A line for a hook of your own; git tells on standard input what is pushed.

Exit codes of `hook run`:
  0    complete, nothing to report
  1    at least one leak
  2    could not run
  3    incomplete: something was not read, and no leak was found
All but 0 block.";

pub(super) const CI_EXAMPLES: &str = "\
Examples:
  patsweep ci
      Scan what the pull request or push brings that this job is about.

  patsweep ci --target main
      The same in Azure Pipelines, which does not say which branch is the default one.

  patsweep ci --deepen
      The same, after git has fetched what a shallow checkout lacks.

  patsweep ci --range main..HEAD
      Scan what HEAD brings that main has not, in any service or in none.

  patsweep ci -f gitlab -o gl-secret-detection-report.json
      Write GitLab's report.

Exit codes:
  0    complete, nothing to report
  1    at least one leak
  2    could not run
  3    incomplete: something was not read, and no leak was found";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  patsweep doctor
      Try the hooks of this repository, and `patsweep ci` as each service would run it.

  patsweep doctor --run-hooks --ci-command 'make secrets'
      The same without asking, and with the command that the pipeline runs.

Exit codes:
  0    whatever is there stopped the token, and something is there
  1    something let it pass, or stops everything, or nothing is there
  2    could not run
  3    hooks were not tried, for nobody let them run";
