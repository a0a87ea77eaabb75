//! The pictures, as SVG and as PNG by the same drawing.

use super::Comparison;
use super::figures::Figures;
use super::scaling::Fit;
use crate::regime::Kind;
use crate::stats::Summary;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};
use std::ops::Range;
use std::sync::Once;

/// DejaVu Sans, reduced to Latin letters and some signs: pictures need no font of the system's.
const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans-latin.ttf");

const TEXT: RGBColor = RGBColor(0x2b, 0x2b, 0x2b);
const FAINT: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const IDEAL: RGBColor = RGBColor(0x99, 0x99, 0x99);
/// Colours that stay apart for the colour-blind (M. Okabe, K. Ito: "Color Universal Design", 2008).
const FREE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const GIL_BUILD: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const GIL_OPTION: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
const PEERS: [RGBColor; 4] = [
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x66, 0x66, 0x66),
];

/// One picture.
pub struct Picture {
    pub name: &'static str,
    pub about: &'static str,
    panels: Vec<Panel>,
}

struct Panel {
    title: String,
    unit: &'static str,
    ideal: bool,
    /// The fitted law of the free-threaded build.
    curve: Option<Fit>,
    series: Vec<Series>,
}

struct Series {
    name: String,
    colour: RGBColor,
    /// Which mark stands at the points.
    mark: usize,
    /// Threads, value, interval.
    points: Vec<(f64, Summary)>,
}

type Outcome<T> = Result<T, String>;

pub fn pictures(comparison: &Comparison) -> Vec<Picture> {
    let panel = |title: &str, unit, ideal, value: &dyn Fn(&Figures) -> Option<Summary>| Panel {
        title: title.into(),
        unit,
        ideal,
        curve: None,
        series: series(comparison, value),
    };
    let time = || panel("Time", "seconds", false, &|figures| figures.seconds);
    let throughput = || Panel {
        curve: comparison.models.iter().find_map(|model| model.fitted),
        ..panel("Throughput", "runs a second", false, &|figures| {
            figures.throughput
        })
    };
    let speedup = || {
        panel("Speedup", "times one thread", true, &|figures| {
            figures.speedup
        })
    };
    let memory = || {
        panel("Peak memory", "MiB", false, &|figures| {
            let mib = figures.peak_kib / 1024.0;
            mib.is_finite().then(|| Summary::exact(mib))
        })
    };
    let name = |mut panel: Panel| {
        panel.title = format!("{}: {}", comparison.name, panel.title.to_lowercase());
        panel
    };
    vec![
        Picture {
            name: "overview",
            about: "throughput and speedup against the number of threads; dashed: the ideal, dotted: the model, if there is one",
            panels: vec![name(throughput()), speedup()],
        },
        Picture {
            name: "throughput",
            about: "runs a second against the number of threads",
            panels: vec![name(throughput())],
        },
        Picture {
            name: "speedup",
            about: "speedup against the number of threads; dashed: the ideal",
            panels: vec![name(speedup())],
        },
        Picture {
            name: "time",
            about: "seconds of a run against the number of threads",
            panels: vec![name(time())],
        },
        Picture {
            name: "memory",
            about: "the most memory that was resident, against the number of threads",
            panels: vec![name(memory())],
        },
    ]
}

fn series(comparison: &Comparison, value: &dyn Fn(&Figures) -> Option<Summary>) -> Vec<Series> {
    let mut peers = 0;
    let mut all = Vec::new();
    for (index, regime) in comparison.regimes.iter().enumerate() {
        let colour = match regime.kind {
            Kind::Free => FREE,
            Kind::GilBuild => GIL_BUILD,
            Kind::GilOption => GIL_OPTION,
            Kind::Peer => {
                peers += 1;
                PEERS[(peers - 1) % PEERS.len()]
            }
        };
        let points: Vec<_> = comparison
            .figures
            .iter()
            .filter(|figures| figures.regime == index && figures.problem.is_none())
            .filter_map(|figures| Some((figures.threads as f64, value(figures)?)))
            .collect();
        if !points.is_empty() {
            all.push(Series {
                name: regime.name.clone(),
                colour,
                mark: index,
                points,
            });
        }
    }
    all
}

impl Picture {
    fn size(&self) -> (u32, u32) {
        // Letters stay legible where a report shows one of these as wide as a telephone.
        (if self.panels.len() == 1 { 540 } else { 980 }, 420)
    }

    pub fn svg(&self) -> Outcome<String> {
        let mut text = String::new();
        {
            let root = SVGBackend::with_string(&mut text, self.size()).into_drawing_area();
            self.draw(&root, 1.0)?;
        }
        Ok(text)
    }

    pub fn png(&self) -> Outcome<Vec<u8>> {
        const SCALE: u32 = 2;
        let (width, height) = (self.size().0 * SCALE, self.size().1 * SCALE);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        {
            let root = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            self.draw(&root, f64::from(SCALE))?;
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels));
        written.map_err(|e| e.to_string())?;
        Ok(file)
    }

    fn draw<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>, scale: f64) -> Outcome<()> {
        static FONTS: Once = Once::new();
        FONTS.call_once(|| {
            // Fails for files that are no fonts only.
            let _ = register_font("sans-serif", FontStyle::Normal, FONT);
        });
        root.fill(&WHITE).map_err(|e| e.to_string())?;
        let longest = self.panels.iter().max_by_key(|panel| panel.series.len());
        let legend = longest.map_or(Ok(Vec::new()), |panel| legend_rows(root, panel, scale))?;
        let height = px(LEGEND_ROW * legend.len() as f64 + 12.0, scale);
        let (charts, below) = root.split_vertically(root.dim_in_pixel().1 as i32 - height);
        let areas = charts.split_evenly((1, self.panels.len()));
        for (area, panel) in areas.iter().zip(&self.panels) {
            draw_panel(area, panel, scale)?;
        }
        draw_legend(&below, &legend, scale)?;
        root.present().map_err(|e| e.to_string())
    }
}

/// The axis of thread counts: labels stand at those that were measured, and nowhere else.
struct Threads {
    range: Range<f64>,
    counts: Vec<f64>,
}

impl Ranged for Threads {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.counts.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// How far neighbouring series stand apart at one number of threads, so that no interval hides another; all of them stay
/// nearer to their own number than to the next.
fn step_aside(counts: &[f64], series: usize) -> f64 {
    let gaps = counts.windows(2).map(|two| two[1] - two[0]);
    let nearest = gaps.fold(f64::INFINITY, f64::min);
    let extent = counts.last().zip(counts.first());
    let extent = extent.map_or(0.0, |(last, first)| last - first);
    match extent > 0.0 {
        true => (extent * 0.03).min(nearest * 0.7 / series.max(1) as f64),
        false => 0.01,
    }
}

/// A length in the picture of plain size.
fn px(length: f64, scale: f64) -> i32 {
    (length * scale).round() as i32
}

fn font(size: f64, scale: f64) -> TextStyle<'static> {
    ("sans-serif", size * scale).into_font().color(&TEXT)
}

fn draw_panel<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    panel: &Panel,
    scale: f64,
) -> Outcome<()> {
    let points = || panel.series.iter().flat_map(|series| &series.points);
    let mut counts: Vec<f64> = points().map(|(threads, _)| *threads).collect();
    counts.sort_by(f64::total_cmp);
    counts.dedup();
    let most = counts.last().copied().unwrap_or(1.0);
    let least = counts.first().copied().unwrap_or(1.0);
    let step = step_aside(&counts, panel.series.len());
    // The outermost of those that stepped aside stay off the axis.
    let margin = ((most - least) * 0.06)
        .max(0.15)
        .max(step * (panel.series.len() + 1) as f64 / 2.0);
    let mut top = points().map(|(_, value)| value.high).fold(0.0, f64::max);
    if panel.ideal {
        top = top.max(most / least);
    }
    let top = if top > 0.0 { top * 1.08 } else { 1.0 };
    let digits = match top {
        top if top < 0.05 => 4,
        top if top < 0.5 => 3,
        top if top < 5.0 => 2,
        top if top < 50.0 => 1,
        _ => 0,
    };
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, font(17.0, scale))
        .margin(px(10.0, scale))
        .x_label_area_size(px(38.0, scale))
        .y_label_area_size(px(58.0, scale))
        .build_cartesian_2d(
            Threads {
                range: least - margin..most + margin,
                counts,
            },
            0.0..top,
        )
        .map_err(|e| e.to_string())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT.stroke_width(px(1.0, scale) as u32))
        .axis_style(TEXT.stroke_width(px(1.0, scale) as u32))
        .x_desc("threads")
        .y_desc(panel.unit)
        .axis_desc_style(font(13.0, scale))
        .label_style(font(12.0, scale))
        .x_label_formatter(&|threads| format!("{threads:.0}"))
        .y_label_formatter(&|value| format!("{value:.digits$}"))
        .draw()
        .map_err(|e| e.to_string())?;
    if panel.ideal {
        let ends = [(least, 1.0), (most, most / least)];
        let line = DashedLineSeries::new(
            ends,
            px(6.0, scale) as u32,
            px(5.0, scale) as u32,
            stroke(IDEAL, 1.5, scale),
        );
        chart.draw_series(line).map_err(|e| e.to_string())?;
    }
    if let Some(fit) = &panel.curve {
        let steps = (0..=60).map(|i| least + (most - least) * f64::from(i) / 60.0);
        let line = DashedLineSeries::new(
            steps.map(|threads| (threads, fit.at(threads))),
            px(2.0, scale) as u32,
            px(3.0, scale) as u32,
            stroke(FREE, 1.5, scale),
        );
        chart.draw_series(line).map_err(|e| e.to_string())?;
    }
    let cap = (most - least + 2.0 * margin) * 0.008;
    for (index, series) in panel.series.iter().enumerate() {
        let aside = step * (index as f64 - (panel.series.len() - 1) as f64 / 2.0);
        let points: Vec<(f64, Summary)> = series
            .points
            .iter()
            .map(|&(threads, value)| (threads + aside, value))
            .collect();
        let line = points.iter().map(|(x, value)| (*x, value.median));
        chart
            .draw_series(LineSeries::new(line, stroke(series.colour, 2.0, scale)))
            .map_err(|e| e.to_string())?;
        let bars = points.iter().flat_map(|&(x, value)| {
            let style = stroke(series.colour, 1.2, scale);
            let bar = |from, to| PathElement::new(vec![from, to], style);
            [
                bar((x, value.low), (x, value.high)),
                bar((x - cap, value.low), (x + cap, value.low)),
                bar((x - cap, value.high), (x + cap, value.high)),
            ]
        });
        chart.draw_series(bars).map_err(|e| e.to_string())?;
        let marks = points
            .iter()
            .map(|&(x, value)| EmptyElement::at((x, value.median)) + mark(series, (0, 0), scale));
        chart.draw_series(marks).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn stroke(colour: RGBColor, width: f64, scale: f64) -> ShapeStyle {
    colour.stroke_width(px(width, scale).max(1) as u32)
}

/// A square, a diamond or a dot, so that colour is not all that tells the lines apart.
fn mark(series: &Series, at: (i32, i32), scale: f64) -> Polygon<(i32, i32)> {
    let r = px(4.2, scale);
    let (x, y) = at;
    let corners = match series.mark % 3 {
        0 => {
            let round = |i: i32| {
                let angle = f64::from(i) * std::f64::consts::TAU / 16.0;
                let r = f64::from(r);
                (
                    x + (r * angle.cos()).round() as i32,
                    y + (r * angle.sin()).round() as i32,
                )
            };
            (0..16).map(round).collect()
        }
        1 => vec![
            (x - r, y - r),
            (x + r, y - r),
            (x + r, y + r),
            (x - r, y + r),
        ],
        _ => vec![
            (x, y - r - 1),
            (x + r + 1, y),
            (x, y + r + 1),
            (x - r - 1, y),
        ],
    };
    Polygon::new(corners, series.colour.filled())
}

/// The height of a row of the legend, and the widths in one of its entries.
const LEGEND_ROW: f64 = 22.0;
const SWATCH: f64 = 26.0;
const SWATCH_GAP: f64 = 6.0;
const ENTRY_GAP: f64 = 22.0;

/// An entry of the legend and its width.
type Entry<'a> = (&'a Series, i32);

/// The names in as many rows as they need.
fn legend_rows<'a, DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    panel: &'a Panel,
    scale: f64,
) -> Outcome<Vec<Vec<Entry<'a>>>> {
    let mut entries = Vec::new();
    for series in &panel.series {
        let size = area
            .estimate_text_size(&series.name, &font(13.0, scale))
            .map_err(|e| e.to_string())?;
        entries.push((series, px(SWATCH + SWATCH_GAP, scale) + size.0 as i32));
    }
    let room = area.dim_in_pixel().0 as i32 - px(16.0, scale);
    Ok(wrap(entries, room, px(ENTRY_GAP, scale)))
}

/// Fills one row after the other; what is wider than a row gets one of its own.
fn wrap<T>(entries: Vec<(T, i32)>, room: i32, gap: i32) -> Vec<Vec<(T, i32)>> {
    let mut rows: Vec<Vec<(T, i32)>> = Vec::new();
    let mut used = 0;
    for entry in entries {
        let width = entry.1;
        match rows.last_mut() {
            Some(row) if used + gap + width <= room => {
                used += gap + width;
                row.push(entry);
            }
            _ => {
                used = width;
                rows.push(vec![entry]);
            }
        }
    }
    rows
}

/// The names, one beside the other, in the middle.
fn draw_legend<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    rows: &[Vec<Entry<'_>>],
    scale: f64,
) -> Outcome<()> {
    let style = font(13.0, scale).pos(Pos::new(HPos::Left, VPos::Center));
    let (swatch, gap) = (px(SWATCH, scale), px(ENTRY_GAP, scale));
    let mut y = px(12.0, scale);
    for row in rows {
        let all: i32 = row.iter().map(|(_, width)| width + gap).sum::<i32>() - gap;
        let mut x = ((area.dim_in_pixel().0 as i32 - all) / 2).max(px(4.0, scale));
        for (series, width) in row {
            let line = PathElement::new(
                vec![(x, y), (x + swatch, y)],
                stroke(series.colour, 2.0, scale),
            );
            area.draw(&line).map_err(|e| e.to_string())?;
            area.draw(&mark(series, (x + swatch / 2, y), scale))
                .map_err(|e| e.to_string())?;
            let text = Text::new(
                series.name.clone(),
                (x + swatch + px(SWATCH_GAP, scale), y),
                style.clone(),
            );
            area.draw(&text).map_err(|e| e.to_string())?;
            x += width + gap;
        }
        y += px(LEGEND_ROW, scale);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{step_aside, wrap};

    #[test]
    fn a_legend_takes_as_many_rows_as_it_needs() {
        let rows = wrap(
            vec![('a', 40), ('b', 50), ('c', 20), ('d', 200), ('e', 1)],
            100,
            10,
        );
        let names: Vec<String> = rows
            .iter()
            .map(|row| row.iter().map(|(name, _)| *name).collect())
            .collect();
        assert_eq!(names, ["ab", "c", "d", "e"]);
        assert!(wrap(Vec::<(char, i32)>::new(), 100, 10).is_empty());
    }

    #[test]
    fn series_stay_beside_their_own_number_of_threads() {
        let cases: [(&[f64], usize); 4] = [
            (&[1.0, 2.0], 4),
            (&[1.0, 2.0, 4.0, 8.0, 16.0], 6),
            (&[2.0], 3),
            (&[], 0),
        ];
        for (counts, series) in cases {
            let step = step_aside(counts, series);
            assert!(
                step > 0.0 && step * series as f64 <= 0.7,
                "{counts:?}: {step}"
            );
        }
    }
}
