//! Every kind of figure, in light and dark, into a folder: `cargo run -p brownout-viz --example gallery -- FOLDER`.
//!
//! All numbers are invented. They are plausible, nothing more: no simulation was run for them.

mod invented;

use std::path::Path;
use std::{env, fs, io};

use brownout_viz::figure::Figure;
use brownout_viz::svg::{self, natural_size};
use brownout_viz::terminal;
use brownout_viz::theme::Theme;

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    for (name, figure) in invented::figures() {
        for theme in [Theme::light(), Theme::dark()] {
            write(folder, name, &figure, &theme)?;
        }
        fs::write(folder.join(format!("{name}.csv")), figure.to_table().to_csv())?;
        let style = terminal::Style {
            width: 100,
            height: 8,
            ascii: false,
            colour: false,
        };
        let text = format!("{}\n\n{}", terminal::render(&figure, &style), figure.caption());
        fs::write(folder.join(format!("{name}.txt")), text)?;
    }
    println!("written to {}", folder.display());
    Ok(())
}

fn write(folder: &Path, name: &str, figure: &Figure, theme: &Theme) -> io::Result<()> {
    let size = natural_size(figure);
    fs::write(
        folder.join(format!("{name}-{}.svg", theme.name)),
        svg::render(figure, theme, size),
    )?;
    #[cfg(feature = "png")]
    fs::write(
        folder.join(format!("{name}-{}.png", theme.name)),
        brownout_viz::png::render(figure, theme, size, 1.0),
    )?;
    Ok(())
}
