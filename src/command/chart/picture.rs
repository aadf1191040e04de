//! A figure for its reader: on the terminal, or as a file that is there whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use brownout_viz::figure::Figure;
use brownout_viz::svg::{self, Size, natural_size};
use brownout_viz::{png, terminal, theme};

use super::Theme;
use crate::exit::Failure;
use crate::report::Style;

/// Height of a panel on the terminal, in characters.
const HEIGHT: usize = 8;

/// The most characters of one figure on the terminal.
const WIDTH_MAX: usize = 120;

/// As text.
pub fn text(figure: &Figure, ascii: bool) -> String {
    let style = Style::of_stdout(ascii);
    let style = terminal::Style {
        width: style.width.min(WIDTH_MAX),
        height: HEIGHT,
        ascii: style.ascii,
        colour: style.colour,
    };
    terminal::render(figure, &style)
}

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
}

/// A file to be.
#[derive(Debug)]
pub struct File<'a> {
    path: &'a Path,
    format: Format,
}

impl File<'_> {
    /// A file of this name, if a picture could be written there.
    pub fn of(path: &Path) -> Result<File<'_>, Failure> {
        let shown = path.display();
        let extension = path.extension().map(|it| it.to_string_lossy().to_lowercase());
        let format = match extension.as_deref() {
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            _ => {
                return Err(
                    Failure::usage(format!("`{shown}` is the name of neither an SVG nor a PNG file"))
                        .help(format!("name it `{}`", path.with_extension("svg").display())),
                );
            }
        };
        if path.is_dir() {
            return Err(Failure::usage(format!("`{shown}` is a folder")).help("name a file in it"));
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|it| !it.is_dir()) {
            return Err(Failure::usage(format!("there is no folder `{}`", folder.display()))
                .help("make it first, or write somewhere else"));
        }
        Ok(File { path, format })
    }

    /// Writes the figure under another name first, so that no half of it is ever seen under this one.
    pub fn write(&self, figure: &Figure, theme: Theme, size: Option<Size>) -> Result<(), Failure> {
        let theme = match theme {
            Theme::Light => theme::Theme::light(),
            Theme::Dark => theme::Theme::dark(),
        };
        let size = size.unwrap_or_else(|| natural_size(figure));
        let bytes = match self.format {
            Format::Svg => svg::render(figure, &theme, size).into_bytes(),
            Format::Png => png::render(figure, &theme, size, 1.0),
        };
        let other = self.beside();
        let written = fs::write(&other, bytes).and_then(|()| fs::rename(&other, self.path));
        written.map_err(|why| {
            // There may be nothing to remove; what went wrong is said anyway.
            let _ = fs::remove_file(&other);
            Failure::system(format!("cannot write `{}`: {why}", self.path.display()))
                .help("choose another place with `-o`")
        })
    }

    /// A name in the same folder that nobody else uses.
    fn beside(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.{}.part", std::process::id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_viz::figure::Timeline;

    fn nothing() -> Figure {
        Figure::Timeline(Timeline {
            title: "Nothing".to_owned(),
            from_s: 0.0,
            to_s: 1.0,
            panels: Vec::new(),
            states: Vec::new(),
            shades: Vec::new(),
        })
    }

    #[test]
    fn the_name_says_what_is_written_and_what_was_there_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for (name, begins) in [("a.svg", &b"<svg"[..]), ("a.PNG", b"\x89PNG")] {
            let path = folder.path().join(name);
            fs::write(&path, "something else").unwrap();
            let file = File::of(&path).unwrap();
            file.write(&nothing(), Theme::Light, None).unwrap();
            let once = fs::read(&path).unwrap();
            assert!(once.starts_with(begins), "{name}");
            file.write(&nothing(), Theme::Light, None).unwrap();
            assert_eq!(once, fs::read(&path).unwrap());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_written_is_told_before_anything_runs() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str| File::of(&folder.path().join(name)).unwrap_err().to_string();
        assert!(told("a.pdf").contains("neither an SVG nor a PNG"));
        assert!(told("a").contains("a.svg`"));
        assert!(told("nowhere/a.svg").contains("there is no folder"));
        fs::create_dir(folder.path().join("b.svg")).unwrap();
        assert!(told("b.svg").contains("is a folder"));
    }
}
