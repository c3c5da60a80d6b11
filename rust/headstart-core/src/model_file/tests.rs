#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::zip::{directory_of, read_directory_of, read_member_of};
use super::*;

/// A path of a test's own, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("headstart-model-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn holding(data: &[u8]) -> Self {
        let place = Self::new();
        fs::write(&place.0, data).unwrap();
        place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

type Parts = BTreeMap<String, Vec<u8>>;

fn sample() -> Parts {
    BTreeMap::from([
        ("a.json".to_owned(), b"{}".to_vec()),
        ("models/0/empty".to_owned(), Vec::new()),
        ("models/0/trees".to_owned(), (0..=255).collect()),
    ])
}

fn manifest_of(parts: &Parts, optional: &[&str]) -> Manifest {
    let describe = |(name, content): (&String, &Vec<u8>)| {
        let part = Part {
            optional: optional.contains(&name.as_str()),
            sha256: sha256(content),
            size: content.len() as u64,
        };
        (name.clone(), part)
    };
    Manifest {
        made_by: BTreeMap::from([("headstart".to_owned(), "0.1.0".to_owned())]),
        parts: parts.iter().map(describe).collect(),
    }
}

/// Members one after the other, with headers of numbers that are large from `large` on.
fn zipped(members: &[(&str, &[u8])], large: u64) -> Vec<u8> {
    let mut data = Vec::new();
    let mut listed = Vec::new();
    for (name, content) in members {
        let member = Member {
            name: (*name).to_owned(),
            crc: 7,
            size: content.len() as u64,
            offset: data.len() as u64,
        };
        data.extend(member.local_header(large));
        data.extend(*content);
        listed.push(member);
    }
    data.extend(directory_of(&listed, large));
    data
}

fn file_with(manifest: &[u8], parts: &Parts) -> Vec<u8> {
    let mut members = vec![(MANIFEST_NAME, manifest)];
    members.extend(
        parts
            .iter()
            .map(|(name, content)| (name.as_str(), &content[..])),
    );
    zipped(&members, super::zip::LARGE)
}

fn file_of(parts: &Parts) -> Vec<u8> {
    let manifest = manifest_of(parts, &[])
        .to_bytes(&Limits::default())
        .unwrap();
    file_with(&manifest, parts)
}

fn load(path: &Path) -> Result<Parts, FileError> {
    let file = ModelFile::open(path, &Limits::default(), None)?;
    let mut parts = Parts::new();
    for name in file.manifest().parts.keys() {
        let mut buffer = vec![0; file.size(name).unwrap() as usize];
        file.read_into(name, &mut buffer)?;
        parts.insert(name.clone(), buffer);
    }
    Ok(parts)
}

fn read(data: &[u8]) -> Result<Parts, FileError> {
    load(&Place::holding(data).0)
}

fn refusal(data: &[u8]) -> String {
    match read(data).expect_err("it must be refused") {
        FileError::Refused(message) => message,
        FileError::Io(error) => panic!("{error}"),
    }
}

#[test]
fn parts_come_back_as_they_went() {
    assert_eq!(read(&file_of(&sample())).unwrap(), sample());
    assert_eq!(read(&file_of(&Parts::new())).unwrap(), Parts::new());
}

#[test]
fn an_unpacked_file_is_read_from_its_folder() {
    let place = Place::new();
    fs::create_dir_all(place.0.join("models/0")).unwrap();
    let manifest = manifest_of(&sample(), &[]);
    let bytes = manifest.to_bytes(&Limits::default()).unwrap();
    fs::write(place.0.join(MANIFEST_NAME), bytes).unwrap();
    for (name, content) in sample() {
        fs::write(place.0.join(name), content).unwrap();
    }
    assert_eq!(load(&place.0).unwrap(), sample());
    fs::write(place.0.join("more"), "x").unwrap();
    assert!(load(&place.0).unwrap_err().to_string().contains("'more'"));
}

#[test]
fn every_flipped_bit_cut_and_added_byte_is_refused() {
    let data = file_of(&sample());
    for at in 0..data.len() {
        assert!(read(&data[..at]).is_err(), "cut at {at}");
        let mut added = data.clone();
        added.insert(at, 0);
        assert!(read(&added).is_err(), "added at {at}");
        let mut flipped = data.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(read(&flipped).is_err(), "flipped at {at}");
    }
    assert!(read(&[&data[..], b"\0"].concat()).is_err());
}

#[test]
fn members_and_places_beyond_32_bits_are_read() {
    let members: [(&str, &[u8]); 4] = [
        ("manifest.json", &[7; 250]),
        ("empty", b""),
        ("a/b", &[1; 90]),
        ("last", &[2; 300]),
    ];
    let limits = Limits::default();
    for large in [0, 200, 400, 600] {
        let data = zipped(&members, large);
        assert!(data.windows(4).any(|bytes| bytes == b"PK\x06\x06"));
        let listed = read_directory_of(&data[..], &limits, large).unwrap();
        assert_eq!(listed.len(), members.len());
        for (member, (name, content)) in listed.iter().zip(members) {
            let mut buffer = vec![0; member.size as usize];
            read_member_of(&data[..], member, &mut buffer, large).unwrap();
            assert_eq!((member.name.as_str(), &buffer[..]), (name, content));
        }
        // A small file in the form of a large one.
        assert!(read_directory_of(&data[..], &limits, super::zip::LARGE).is_err());
    }
}

#[test]
fn every_damaged_record_beyond_32_bits_is_refused() {
    let members: [(&str, &[u8]); 2] = [("manifest.json", b""), ("random", &[5; 512])];
    let data = zipped(&members, 300);
    let limits = Limits::default();
    let is_read = |data: &[u8]| {
        read_directory_of(data, &limits, 300).is_ok_and(|listed| {
            listed.iter().all(|member| {
                let mut buffer = vec![0; member.size as usize];
                read_member_of(data, member, &mut buffer, 300).is_ok()
            })
        })
    };
    assert!(is_read(&data));
    // Two headers of 43 and 56 bytes, the content of the second member, the directory.
    for at in (0..99).chain(611..data.len()) {
        let mut flipped = data.clone();
        flipped[at] ^= 4;
        assert!(!is_read(&flipped), "flipped at {at}");
        assert!(!is_read(&data[..at]), "cut at {at}");
    }
}

#[test]
fn a_part_with_another_content_than_the_manifest_says_is_refused() {
    let manifest = manifest_of(&sample(), &[]);
    let bytes = manifest.to_bytes(&Limits::default()).unwrap();
    let mut parts = sample();
    parts.insert("a.json".to_owned(), b"[]".to_vec());
    assert!(refusal(&file_with(&bytes, &parts)).contains("SHA-256"));
    parts.insert("a.json".to_owned(), b"[ ]".to_vec());
    assert!(refusal(&file_with(&bytes, &parts)).contains("3 bytes, and 2 by the manifest"));
    parts.remove("a.json");
    assert!(refusal(&file_with(&bytes, &parts)).contains("'a.json' is missing"));
}

#[test]
fn a_part_that_is_not_known_is_refused_unless_it_is_optional() {
    let known = ["a.json".to_owned(), "models/".to_owned()];
    let mut parts = sample();
    parts.insert("golden/rows".to_owned(), b"1".to_vec());
    for (optional, is_read) in [(&[][..], false), (&["golden/rows"][..], true)] {
        let bytes = manifest_of(&parts, optional)
            .to_bytes(&Limits::default())
            .unwrap();
        let place = Place::holding(&file_with(&bytes, &parts));
        let file = ModelFile::open(&place.0, &Limits::default(), Some(&known));
        assert_eq!(file.is_ok(), is_read);
        if let Err(error) = file {
            assert!(error.to_string().contains("'golden/rows'"), "{error}");
            assert!(error.to_string().contains("pip install 'headstart>=0.1.0'"));
        }
    }
}

#[test]
fn a_prefix_is_not_a_name() {
    let bytes = manifest_of(&sample(), &[])
        .to_bytes(&Limits::default())
        .unwrap();
    let place = Place::holding(&file_with(&bytes, &sample()));
    for known in ["models", "model/", "a"] {
        let known = ["a.json".to_owned(), known.to_owned()];
        assert!(ModelFile::open(&place.0, &Limits::default(), Some(&known)).is_err());
    }
}

/// A manifest with any text in it, and the checksum of that text.
fn signed(text: &str) -> Vec<u8> {
    let covered = text.strip_suffix('}').unwrap().trim_end();
    let checksum = sha256(covered.as_bytes());
    format!("{covered},\n \"checksum\": \"{checksum}\"\n}}\n").into_bytes()
}

#[test]
fn manifests_of_another_form_are_refused() {
    let good = r#"{"format": "headstart-model", "format_version": 2,
        "made_by": {"headstart": "0.1.0"}, "parts": {}}"#;
    let limits = Limits::default();
    assert!(Manifest::parse(&signed(good), &limits).is_ok());
    let zeros = "0".repeat(64);
    let huge = format!(r#"{{"a": {{"sha256": "{zeros}", "size": 17179869185}}}}"#);
    let twice = format!(
        r#"{{"a": {{"sha256": "{zeros}", "size": 0}}, "a": {{"sha256": "{zeros}", "size": 1}}}}"#
    );
    for (old, new, message) in [
        ("\"headstart-model\"", "\"other\"", "not a model"),
        ("\"headstart-model\"", "1", "not a model"),
        (
            "\"format_version\": 2",
            "\"format_version\": 2.0",
            "int >= 1. Got 2.0",
        ),
        (
            "\"format_version\": 2",
            "\"format_version\": 0",
            "int >= 1. Got 0",
        ),
        (
            "\"format_version\": 2",
            "\"format_version\": true",
            "Got true",
        ),
        (
            "\"format_version\": 2",
            "\"format_version\": [1]",
            "Got [1]",
        ),
        ("\"format_version\": 2", "\"other\": 2", "Got nothing"),
        ("\"parts\": {}", "\"parts\": []", "invalid type"),
        (
            "\"parts\": {}",
            "\"parts\": {\"a\": {\"size\": 1}}",
            "missing field",
        ),
        (
            "\"parts\": {}",
            "\"parts\": {}, \"more\": 1",
            "unknown field",
        ),
        (
            "\"parts\": {}",
            &format!("\"parts\": {huge}"),
            "17179869185 bytes",
        ),
        (
            "\"parts\": {}",
            &format!("\"parts\": {twice}"),
            "'a' comes twice",
        ),
        (
            "{\"headstart\": \"0.1.0\"}",
            "{}",
            "does not have 'headstart'",
        ),
        (
            "{\"headstart\": \"0.1.0\"}",
            "{\"headstart\": 1}",
            "invalid type",
        ),
        (
            "\"format\":",
            "\"format\": \"x\", \"format\":",
            "duplicate field",
        ),
    ] {
        let text = good.replace(old, new);
        assert_ne!(text, good);
        let error = Manifest::parse(&signed(&text), &limits)
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{new}: {error}");
    }
    let mut changed = signed(good);
    changed[40] ^= 0x20;
    assert!(Manifest::parse(&changed, &limits).is_err());
    let spaced = [&signed(good)[..], b"\n"].concat();
    let error = Manifest::parse(&spaced, &limits).unwrap_err().to_string();
    assert!(error.contains("checksum differs"), "{error}");
}

#[test]
fn other_formats_say_what_to_do() {
    let limits = Limits::default();
    let of = |version: &str, maker: &str| {
        let text = format!(
            "{{\"format\": \"headstart-model\", \"format_version\": {version}, \
             \"made_by\": {{\"headstart\": \"{maker}\"}}, \"wholly\": \"different\"}}"
        );
        Manifest::parse(text.as_bytes(), &limits)
            .unwrap_err()
            .to_string()
    };
    let old = of("1", "0.1.0");
    assert!(old.contains("saved by headstart 0.1.0 in format 1") && old.contains("fit the model"));
    let new = of("7", "3.2.1");
    assert!(new.contains("in format 7") && new.contains("pip install 'headstart>=3.2.1'"));
    for maker in ["1.0'; rm -rf ~", "unknown", &"9".repeat(50)] {
        let new = of("3", maker);
        assert!(new.contains("a newer headstart") && new.contains("install -U headstart"));
        assert!(!new.contains(maker));
    }
    let deflated = {
        let mut data = file_of(&Parts::new());
        data[8] = 8;
        data
    };
    assert!(refusal(&deflated).contains("in format 1"));
}

#[test]
fn unsafe_names_are_refused_by_writer_and_reader() {
    for name in [
        "",
        ".",
        "..",
        "../up",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "C:/windows",
        "a\\b",
        "a b",
        "a\n",
        "a\0b",
        "ä",
        ".hidden",
        "a/.hidden",
        "dot./b",
        "manifest.json",
        "Manifest.JSON",
        "manifest.json/x",
        &"a".repeat(201),
    ] {
        let parts = Parts::from([(name.to_owned(), b"x".to_vec())]);
        let manifest = manifest_of(&parts, &[]);
        assert!(manifest.to_bytes(&Limits::default()).is_err(), "{name:?}");
        assert!(
            manifest
                .to_bytes(&Limits {
                    max_parts: 0,
                    ..Limits::default()
                })
                .is_err()
        );
    }
    for names in [["A/b", "a/B"], ["a", "a/b"], ["a/b/c", "A/b"]] {
        let parts = names.map(|name| (name.to_owned(), Vec::new())).into();
        assert!(
            manifest_of(&parts, &[])
                .to_bytes(&Limits::default())
                .is_err(),
            "{names:?}"
        );
    }
    for name in ["a", "a/b.c/d-e_f", "_x", "-", "0", "a..b", &"a".repeat(200)] {
        let parts = Parts::from([(name.to_owned(), Vec::new())]);
        assert_eq!(read(&file_of(&parts)).unwrap(), parts);
    }
}

#[test]
fn a_message_carries_no_control_characters() {
    let parts = Parts::from([("\x1b]0;title\x07".to_owned(), Vec::new())]);
    let error = manifest_of(&parts, &[])
        .to_bytes(&Limits::default())
        .unwrap_err();
    assert!(!error.to_string().chars().any(char::is_control), "{error}");
}

#[test]
fn limits_are_kept_by_writer_and_reader() {
    let data = file_of(&sample());
    let default = Limits::default();
    for limits in [
        Limits {
            max_parts: 2,
            ..default
        },
        Limits {
            max_part_bytes: 100,
            ..default
        },
        Limits {
            max_total_bytes: 100,
            ..default
        },
        Limits {
            max_manifest_bytes: 100,
            ..default
        },
        Limits {
            max_name_length: 12,
            ..default
        },
    ] {
        assert!(
            manifest_of(&sample(), &[]).to_bytes(&limits).is_err(),
            "{limits:?}"
        );
        let place = Place::holding(&data);
        assert!(
            ModelFile::open(&place.0, &limits, None).is_err(),
            "{limits:?}"
        );
    }
}

#[test]
fn records_are_json_that_every_parser_reads_alike() {
    let limits = Limits {
        max_json_depth: 3,
        max_record_bytes: 60,
        ..Limits::default()
    };
    let check = |text: &str| check_record("x.json", text.as_bytes(), &limits);
    for text in [
        "null",
        "[]",
        "-1e300",
        r#"{"a": [[1, true, "[[[["]]}"#,
        &"9".repeat(50),
    ] {
        assert!(check(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "{",
        "1 2",
        "NaN",
        "-Infinity",
        "1e999",
        "[[[[]]]]",
        r#"{"a": 1, "a": 1}"#,
        r#"{"a": {"b": 1, "\u0062": 2}}"#,
        r#""\ud800""#,
        "[1,]",
        &" ".repeat(61),
    ] {
        assert!(check(text).is_err(), "{text}");
    }
    assert!(check_record("x.json", b"\"\xff\"", &limits).is_err());
    let deep = "[".repeat(1_000_000);
    let default = Limits::default();
    assert!(check_record("x.json", deep.as_bytes(), &default).is_err());
}

fn arrays_of(header: &str, values: &[u8]) -> Vec<u8> {
    let mut data = (header.len() as u64).to_le_bytes().to_vec();
    data.extend(header.as_bytes());
    data.extend(values);
    data
}

#[test]
fn arrays_are_where_the_library_puts_them() {
    let values: Vec<u8> = (0..48).collect();
    let views = [
        ("b", TensorView::new(Dtype::BOOL, vec![2], &[0, 1]).unwrap()),
        (
            "f",
            TensorView::new(Dtype::F64, vec![2, 3], &values).unwrap(),
        ),
        (
            "i",
            TensorView::new(Dtype::I16, vec![], &values[..2]).unwrap(),
        ),
        ("none", TensorView::new(Dtype::U8, vec![0, 9], &[]).unwrap()),
    ];
    let data = safetensors::serialize(views, None).unwrap();
    let arrays = read_array_index(&data).unwrap();
    let shape_of = |name: &str| (arrays[name].dtype, arrays[name].shape.clone());
    assert_eq!(arrays.len(), 4);
    assert_eq!(shape_of("b"), ("b1", vec![2]));
    assert_eq!(shape_of("f"), ("f8", vec![2, 3]));
    assert_eq!(shape_of("i"), ("i2", vec![]));
    assert_eq!(shape_of("none"), ("u1", vec![0, 9]));
    assert_eq!(data[arrays["f"].start..arrays["f"].end], values);
    assert_eq!(data[arrays["b"].start..arrays["b"].end], [0, 1]);
}

#[test]
fn arrays_that_lie_are_refused() {
    let good = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(read_array_index(&arrays_of(good, &[0; 8])).is_ok());
    for (old, new) in [
        ("[2]", "[3]"),
        ("[2]", "[2,0]"),
        ("[2]", "[-1]"),
        ("[2]", "[4611686018427387906]"),
        ("[2]", "[4294967296,4294967296,2]"),
        ("[0,8]", "[0,9]"),
        ("[0,8]", "[8,0]"),
        ("[0,8]", "[1,9]"),
        ("[0,8]", "[0,18446744073709551615]"),
        ("F32", "F4"),
        ("F32", "F64"),
        ("F32", "O"),
        ("\"shape\"", "\"form\""),
        (
            "}}",
            "},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[8,8]}}",
        ),
        (
            "}}",
            "},\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
        ),
    ] {
        let header = good.replace(old, new);
        assert_ne!(header, good);
        assert!(
            read_array_index(&arrays_of(&header, &[0; 8])).is_err(),
            "{new}"
        );
    }
    for values in [7, 9] {
        assert!(read_array_index(&arrays_of(good, &vec![0; values])).is_err());
    }
    let boolean = r#"{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#;
    assert!(read_array_index(&arrays_of(boolean, &[0, 1])).is_ok());
    assert!(read_array_index(&arrays_of(boolean, &[0, 2])).is_err());
    for data in [&b""[..], &[0; 7], &[0; 8], &[255; 8], &[255; 40]] {
        assert!(read_array_index(data).is_err());
    }
}

fn damaged(data: &[u8], kind: u8, at: usize, to: usize, new: &[u8]) -> Vec<u8> {
    let (at, to) = (at % (data.len() + 1), to % (data.len() + 1));
    let (low, high) = (at.min(to), at.max(to));
    match kind {
        0 => data[..low].to_vec(),
        1 => {
            let mut changed = data.to_vec();
            for (place, byte) in changed[low..].iter_mut().zip(new) {
                *place = *byte;
            }
            changed
        }
        2 => [&data[..low], new, &data[low..]].concat(),
        3 => [&data[..low], &data[high..]].concat(),
        _ => [&data[..high], &data[low..]].concat(),
    }
}

proptest! {
    #[test]
    fn damage_is_refused_or_changes_nothing(
        kind in 0_u8..5, at in 0_usize..4096, to in 0_usize..4096,
        new in proptest::collection::vec(any::<u8>(), 1..8),
    ) {
        let changed = damaged(&file_of(&sample()), kind, at, to, &new);
        if let Ok(parts) = read(&changed) {
            prop_assert_eq!(parts, sample());
        }
    }

    #[test]
    fn damaged_arrays_are_refused_or_as_the_library_reads_them(
        kind in 0_u8..5, at in 0_usize..400, to in 0_usize..400,
        new in proptest::collection::vec(any::<u8>(), 1..8),
    ) {
        let values: Vec<u8> = (0..16).collect();
        let views = [
            ("a", TensorView::new(Dtype::F64, vec![1], &values[..8]).unwrap()),
            ("b", TensorView::new(Dtype::I32, vec![2, 1], &values[8..]).unwrap()),
        ];
        let data = safetensors::serialize(views, None).unwrap();
        let changed = damaged(&data, kind, at, to, &new);
        if let Ok(arrays) = read_array_index(&changed) {
            let library = SafeTensors::deserialize(&changed).unwrap();
            prop_assert_eq!(arrays.len(), library.len());
            for (name, array) in arrays {
                let view = library.tensor(&name).unwrap();
                prop_assert_eq!(&changed[array.start..array.end], view.data());
                prop_assert_eq!(&array.shape[..], view.shape());
            }
        }
    }

    #[test]
    fn noise_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..400), begins: bool) {
        let data = if begins { [b"PK\x03\x04", &noise[..]].concat() } else { noise };
        prop_assert!(read(&data).is_err());
    }
}
