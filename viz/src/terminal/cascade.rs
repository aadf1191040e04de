//! A cascade as text: services in the order in which they left their objectives.

use super::Style;
use super::words::{fit, plain, title, widest};
use crate::figure::Cascade;
use crate::number::show_clock;

pub(super) fn render(figure: &Cascade, style: &Style) -> String {
    let ascii = style.ascii;
    let all = figure.in_order();
    let names: Vec<String> = all.iter().map(|it| plain(&it.service, ascii)).collect();
    let name_width = widest(names.iter().map(String::as_str), 24);
    let times: Vec<String> = all.iter().map(|it| show_clock(it.at_s)).collect();
    let time_width = widest(times.iter().map(String::as_str), 12);
    let number_width = all.len().to_string().len();
    let arrow = if ascii { "<-" } else { "←" };
    let mut text = title(&figure.title, style);
    for (at, ((it, name), time)) in all.iter().zip(&names).zip(&times).enumerate() {
        let name = fit(name, name_width, ascii);
        let by = it
            .carried_by
            .as_ref()
            .map_or(String::new(), |by| format!("{arrow} {} ({})  ", by.from, by.label));
        let detail = if it.detail.is_empty() {
            String::new()
        } else {
            format!("{}, ", it.detail)
        };
        let words = plain(&format!("{by}{detail}{}", figure.return_words(it)), ascii);
        text.push_str(&format!(
            "{:>number_width$}. {name:<name_width$}  {time:>time_width$}  {words}\n",
            at + 1
        ));
    }
    let mark = if ascii { ':' } else { '░' };
    for shade in &figure.shades {
        let (from, to) = (show_clock(shade.from_s), show_clock(shade.to_s));
        text.push_str(&format!("{mark} {}: {from} to {to}\n", plain(&shade.label, ascii)));
    }
    text
}
