use std::path::Path;

use super::super::manifest::tests::experiment;
use super::super::stored::Stored;
use super::super::unit::tests::record;
use super::*;

fn text() -> Text {
    Text {
        name: SCENARIO.to_owned(),
        bytes: b"format = 1\n".to_vec(),
    }
}

fn open(path: &Path) -> Result<Opened, Failure> {
    Folder::open(path, &experiment(), None, &[text()])
}

fn folder(path: &Path) -> Folder {
    match open(path).unwrap() {
        Opened::Open(folder) => *folder,
        Opened::Finished(_) => panic!("it is not finished"),
    }
}

/// In an order in which they might come in.
fn records() -> Vec<Record> {
    [(4, 2), (0, 0), (3, 1), (0, 1), (2, 2)]
        .map(|(point, replication)| record(point, replication, 5))
        .to_vec()
}

fn coordinates(point: u32) -> Vec<Coordinate> {
    vec![Coordinate {
        text: format!("x{point}"),
        value: Some(f64::from(point)),
    }]
}

/// The names and bytes of all files, those in folders too.
fn bytes(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(path)
        .unwrap()
        .map(|it| it.unwrap().path())
        .map(|it| {
            (
                it.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&it).unwrap(),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_comes_in_any_order_and_in_several_sittings_gives_the_same_bytes() {
    let parent = tempfile::tempdir().unwrap();
    let (one, two) = (parent.path().join("one"), parent.path().join("deep/two"));
    let mut whole = folder(&one);
    records().iter().for_each(|it| whole.append(it).unwrap());
    let manifest = whole.finish(State::Finished, &coordinates).unwrap();
    assert_eq!((manifest.units, manifest.failed), (5, 0));
    for record in records().iter().rev() {
        let mut part = folder(&two);
        part.append(record).unwrap();
    }
    let last = folder(&two);
    assert_eq!(last.units().count(), 5);
    last.finish(State::Finished, &coordinates).unwrap();
    assert_eq!(bytes(&one), bytes(&two));
    let names: Vec<String> = bytes(&one).into_iter().map(|it| it.0).collect();
    assert_eq!(
        names,
        [
            ".lock",
            "checkpoints.parquet",
            "manifest.json",
            "runs.parquet",
            "scenario.toml",
            "series.parquet",
            "transitions.parquet"
        ]
    );
    assert!(matches!(open(&two), Ok(Opened::Finished(_))));
}

#[test]
fn a_folder_is_read_while_it_is_worked_on_and_afterwards() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path();
    let read = || -> Vec<Record> {
        let mut stored = Stored::open(path).unwrap();
        let records = stored.records().unwrap().map(Result::unwrap);
        records.collect()
    };
    let mut working = folder(path);
    assert!(read().is_empty());
    records().iter().for_each(|it| working.append(it).unwrap());
    let mut sorted = records();
    sorted.sort_by_key(|it| it.unit);
    assert_eq!(read(), sorted);
    working.finish(State::Finished, &coordinates).unwrap();
    assert_eq!(read(), sorted);
}

#[test]
fn only_one_works_on_a_folder_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let first = folder(parent.path());
    let refused = open(parent.path()).unwrap_err();
    assert!(
        refused.message.starts_with("another brownout is working on"),
        "{refused}"
    );
    drop(first);
    folder(parent.path());
}

#[test]
fn results_of_something_else_are_refused_with_the_difference_and_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    drop(folder(parent.path()));
    let before = bytes(parent.path());
    let mut other = experiment();
    other.seed = 7;
    let refused = Folder::open(parent.path(), &other, None, &[text()]).unwrap_err();
    assert!(
        refused
            .message
            .ends_with("they differ in the first seed: `42` here, `7` there"),
        "{refused}"
    );
    let refused = Folder::open(parent.path(), &experiment(), Some("1/2"), &[text()]).unwrap_err();
    assert!(
        refused.message.ends_with("they are the whole, and this is shard 1/2"),
        "{refused}"
    );
    let older = fs::read_to_string(parent.path().join(MANIFEST)).unwrap();
    let older = older.replace(
        &format!("\"engine\": \"{}\"", super::super::manifest::ENGINE),
        "\"engine\": \"0.0.9\"",
    );
    fs::write(parent.path().join(MANIFEST), older).unwrap();
    assert!(open(parent.path()).unwrap_err().message.contains("by brownout 0.0.9"));
    assert_eq!(before.len(), bytes(parent.path()).len());
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("thesis.tex"), "").unwrap();
    let refused = open(parent.path()).unwrap_err();
    assert!(refused.message.contains("it holds `thesis.tex`"), "{refused}");
    fs::write(parent.path().join("file"), "").unwrap();
    assert_eq!(
        open(&parent.path().join("file")).unwrap_err().exit,
        crate::exit::Exit::Failure
    );
}

#[test]
fn a_changed_missing_or_shortened_file_is_told() {
    let parent = tempfile::tempdir().unwrap();
    let mut whole = folder(parent.path());
    records().iter().for_each(|it| whole.append(it).unwrap());
    whole.finish(State::Finished, &coordinates).unwrap();
    let path = parent.path().join("runs.parquet");
    let good = fs::read(&path).unwrap();
    let why = || Stored::open(parent.path()).unwrap_err().message;
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(
        why().contains(&format!("it has {} of {} bytes", good.len() / 2, good.len())),
        "{}",
        why()
    );
    let mut changed = good.clone();
    changed[good.len() / 2] ^= 1;
    fs::write(&path, changed).unwrap();
    assert!(why().contains("its bytes are others"), "{}", why());
    fs::remove_file(&path).unwrap();
    assert!(why().starts_with("cannot read"), "{}", why());
    fs::write(&path, good).unwrap();
    assert!(Stored::open(parent.path()).is_ok());
}

#[test]
fn no_folder_a_file_and_an_empty_folder_are_told_apart() {
    let parent = tempfile::tempdir().unwrap();
    let why = |path: &Path| Stored::open(path).unwrap_err().message;
    assert!(why(parent.path()).contains("has no `manifest.json`"));
    assert!(why(&parent.path().join("nowhere")).ends_with("is not there"));
    fs::write(parent.path().join("file"), "").unwrap();
    assert!(why(&parent.path().join("file")).contains("is a file"));
}
