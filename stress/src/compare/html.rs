//! The report: one HTML file that needs nothing beside itself.

use super::plot::Picture;
use super::{Comparison, findings, table};
use std::fmt::Write as _;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --faint: #6a6a6a; --bad: #b8282d; --good: #2a8a4a; --bar: #0072b2 }
@media (prefers-color-scheme: dark) { :root { --faint: #a2a2a2; --bad: #ff7b78; --bar: #56b4e9 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1160px; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2rem }
h3 { font-size: .95rem; margin: 1.2rem 0 .3rem }
.sub, .note { color: var(--faint) } code, pre { font-family: ui-monospace, monospace; font-size: .88em }
.verdict { font-size: 1.05rem; border-left: 4px solid var(--good); padding-left: .8rem } .verdict p { margin: .35rem 0 }
.verdict.bad { border-color: var(--bad) }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin: 1.2rem 0 }
@media (max-width: 820px) { .pair { grid-template-columns: 1fr } }
figure { margin: 0; background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: .5rem }
figure svg { width: 100%; height: auto; display: block } figcaption { color: #555; font-size: .85rem; text-align: center }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .87rem }
.wide table { white-space: nowrap; overflow-wrap: normal }
th { white-space: normal; vertical-align: bottom } th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: Canvas }
tr.first td { border-top: 2px solid var(--line) } td.problem { color: var(--bad); white-space: normal }
td.problem div { position: sticky; left: .5rem; width: max-content; max-width: min(70rem, calc(100vw - 4rem)) }
.text, td.text, th.text { text-align: left }
.limits { margin: .3rem 0 .8rem } .limits td, .limits th { position: static; background: none }
.limits td:not(:first-child):not(.text) { white-space: nowrap; overflow-wrap: normal }
.bar { min-width: 5rem; width: 9rem } .bar div { background: var(--bar); height: .8em; min-width: 2px; border-radius: 2px }
ul { margin: .3rem 0; padding-left: 1.2rem } li { margin: .15rem 0 }
pre { background: #8881; border-radius: 6px; padding: .7rem; overflow: auto; max-height: 40rem; overflow-wrap: normal }
details { margin: .5rem 0 } summary { cursor: pointer }
";

/// `pictures` with their SVG text.
pub fn page(comparison: &Comparison, pictures: &[(&Picture, String)]) -> String {
    let mut page = String::new();
    let title = format!("{}: under a global lock and without", comparison.name);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n<style>{STYLE}</style>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    let _ = writeln!(
        page,
        "<p class=\"sub\"><code>{}</code><br>{}</p>",
        escape(&comparison.command_line),
        escape(&comparison.headline())
    );
    let bad = if comparison.is_good() { "" } else { " bad" };
    let _ = writeln!(page, "<div class=\"verdict{bad}\">");
    for sentence in comparison.verdict() {
        let _ = writeln!(page, "<p>{}</p>", escape(&sentence));
    }
    page += "</div>\n";
    page += "<div class=\"pair\">\n";
    for picture in pictures {
        figure(&mut page, picture);
    }
    page += "</div>\n";
    figures(&mut page, comparison);
    differences(&mut page, comparison);
    outcomes(&mut page, comparison);
    limits(&mut page, comparison);
    counters(&mut page, comparison);
    page += "<h2>What was run</h2>\n<div class=\"wide\"><table><tr><th>regime<th class=\"text\">interpreter\n";
    for regime in &comparison.regimes {
        let told = regime.missing.as_ref().unwrap_or(&regime.version);
        let _ = writeln!(
            page,
            "<tr><td>{}<td class=\"text\">{}<br><code>{}</code>",
            escape(&regime.name),
            escape(told),
            escape(&regime.binary.display().to_string())
        );
    }
    let _ = writeln!(
        page,
        "</table></div>\n<p class=\"note\">{}</p>",
        escape(&comparison.machine)
    );
    page += "</html>\n";
    page
}

fn figure(page: &mut String, (picture, svg): &(&Picture, String)) {
    // Inside HTML the picture takes the width of its place.
    let _ = writeln!(
        page,
        "<figure role=\"img\" aria-label=\"{0}\">{1}<figcaption>{0}; bars: interval of the median</figcaption></figure>",
        escape(picture.about),
        scalable(svg)
    );
}

/// Takes the fixed size off the picture; its viewBox stays.
fn scalable(svg: &str) -> String {
    let Some((head, rest)) = svg.split_once('>') else {
        return svg.to_string();
    };
    let words = head
        .split(' ')
        .filter(|word| !word.starts_with("width=") && !word.starts_with("height="));
    format!("{}>{rest}", words.collect::<Vec<_>>().join(" "))
}

fn figures(page: &mut String, comparison: &Comparison) {
    *page += "<h2>Figures</h2>\n<div class=\"wide\"><table>\n<tr>";
    for head in table::COLUMNS {
        let _ = write!(page, "<th>{head}");
    }
    *page += "\n";
    let mut last = usize::MAX;
    for figures in &comparison.figures {
        let class = if figures.regime == last {
            ""
        } else {
            " class=\"first\""
        };
        last = figures.regime;
        let _ = write!(page, "<tr{class}>");
        let mut row = table::row(comparison, figures);
        row.resize(table::COLUMNS.len(), String::new());
        for text in row {
            let _ = write!(page, "<td>{}", escape(&text));
        }
        if let Some(problem) = &figures.problem {
            let _ = write!(
                page,
                "\n<tr><td class=\"problem\" colspan=\"{}\"><div>{}</div>",
                table::COLUMNS.len(),
                escape(problem)
            );
        }
        *page += "\n";
    }
    *page += "</table></div>\n";
    for note in comparison.notes() {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", escape(&note));
    }
}

fn differences(page: &mut String, comparison: &Comparison) {
    let _ = writeln!(page, "<h2>{}</h2>", table::DIFFERENCES);
    match findings::disagreements(comparison) {
        Err(none) => {
            let _ = writeln!(page, "<p>{}</p>", escape(none));
        }
        Ok(found) => {
            for disagreement in found {
                let _ = writeln!(page, "<h3>{}</h3>", escape(&disagreement.head));
                list(page, &disagreement.outcomes);
            }
        }
    }
}

fn list(page: &mut String, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    *page += "<ul>\n";
    for sentence in sentences {
        let _ = writeln!(page, "<li>{}", escape(sentence));
    }
    *page += "</ul>\n";
}

fn limits(page: &mut String, comparison: &Comparison) {
    let _ = writeln!(page, "<h2>{}</h2>", table::LIMITS);
    let limits = findings::limits(comparison);
    if limits.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", table::NO_LIMITS);
    }
    for limit in limits {
        let _ = writeln!(page, "<h3>{}</h3>", escape(&limit.head));
        if !limit.causes.is_empty() {
            *page += "<table class=\"limits\">\n";
            for cause in &limit.causes {
                let percent = 100.0 * cause.share;
                let _ = writeln!(
                    page,
                    "<tr><td class=\"bar\"><div style=\"width:{percent:.0}%\"></div><td>{percent:.0} %<td class=\"text\">{}",
                    escape(cause.what)
                );
            }
            *page += "</table>\n";
        }
        if !limit.grown.is_empty() {
            let _ = writeln!(
                page,
                "<table class=\"limits\">\n<tr><th class=\"text\">what grows with the threads<th>1<th>{}",
                limit.threads
            );
            for (meaning, before, now) in limit.grown {
                let _ = writeln!(
                    page,
                    "<tr><td>{}<td>{}<td>{}",
                    escape(meaning),
                    table::short(*before),
                    table::short(*now)
                );
            }
            *page += "</table>\n";
        }
        list(page, &limit.places);
    }
    for sentence in findings::models(comparison) {
        let _ = writeln!(page, "<p>{}</p>", escape(&sentence));
    }
}

/// What was printed, where it differs.
fn outcomes(page: &mut String, comparison: &Comparison) {
    const SHOWN: usize = 4000;
    const OUTCOMES: usize = 8;
    let mut shown: Vec<usize> = comparison
        .differences
        .iter()
        .flat_map(|found| found.shares.iter().map(|share| share.outcome))
        .collect();
    shown.sort_unstable();
    shown.dedup();
    shown.truncate(OUTCOMES);
    for index in shown {
        let outcome = &comparison.outcomes[index];
        let _ = writeln!(
            page,
            "<details><summary>outcome {}: {}</summary>",
            index + 1,
            outcome.end
        );
        for (name, text) in [
            ("standard output", &outcome.stdout),
            ("standard error", &outcome.stderr),
        ] {
            if text.is_empty() {
                continue;
            }
            let cut = text
                .char_indices()
                .nth(SHOWN)
                .map_or(text.len(), |(at, _)| at);
            let more = if cut < text.len() {
                "\n(the rest is in results.json)"
            } else {
                ""
            };
            let _ = writeln!(
                page,
                "<p>{name}</p><pre>{}{more}</pre>",
                escape(&text[..cut])
            );
        }
        *page += "</details>\n";
    }
}

fn counters(page: &mut String, comparison: &Comparison) {
    let with: Vec<_> = comparison
        .figures
        .iter()
        .filter(|figures| !figures.counters.is_empty())
        .collect();
    let Some(first) = with.first() else {
        return;
    };
    *page += "<details><summary>all counters of the interpreter, medians over the runs</summary>\n<div class=\"wide\"><table>\n<tr><th>counter";
    for figures in &with {
        let name = &comparison.regimes[figures.regime].name;
        let _ = write!(page, "<th>{}<br>x {}", escape(name), figures.threads);
    }
    for name in first.counters.keys() {
        let _ = write!(page, "\n<tr><td>{}", escape(name));
        for figures in &with {
            let value = figures.counters.get(name).copied().unwrap_or(0.0);
            let _ = write!(page, "<td>{}", table::short(value));
        }
    }
    *page += "\n</table></div></details>\n";
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lose_their_fixed_size() {
        let svg =
            "<svg width=\"9\" height=\"8\" viewBox=\"0 0 9 8\" x=\"y\">\n<rect width=\"1\"/></svg>";
        assert_eq!(
            scalable(svg),
            "<svg viewBox=\"0 0 9 8\" x=\"y\">\n<rect width=\"1\"/></svg>"
        );
    }

    #[test]
    fn text_of_programs_is_no_markup() {
        assert_eq!(
            escape("<a href=\"x\">&"),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
