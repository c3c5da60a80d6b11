//! ZIP files in one canonical form, the only form that is read.
//!
//! Any tool can unpack such a file, but the reader accepts only the canonical form: members
//! one after the other from the first byte, stored without compression, then the directory,
//! then its end record, with nothing between, before or after; no extra fields, comments,
//! flags, encryption, links or dates. A general reader must choose between contradictory
//! records, which hostile files exploit. Here, [`local_header`] and [`directory`] write the
//! only form, and the reader rebuilds and compares each record.
//!
//! The format is PKWARE's APPNOTE 6.3: local headers (4.3.7), the central directory
//! (4.3.12) and its end record (4.3.16). Sizes and offsets from 4 GiB on are written as
//! ZIP64 (4.3.14, 4.3.15, 4.5.3), smaller ones never.

use std::io;

use super::error::{FileError, escaped};
use super::limits::Limits;
use super::manifest::{MANIFEST_NAME, format_1};
use super::opened::ReadAt;

const LOCAL_MARK: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_MARK: [u8; 4] = *b"PK\x01\x02";
const END_MARK: [u8; 4] = *b"PK\x05\x06";
const END_64_MARK: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64_MARK: [u8; 4] = *b"PK\x06\x07";

const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
const END_64_SIZE: usize = 56;
const LOCATOR_64_SIZE: usize = 20;
const MOST_EXTRA: usize = 4 + 3 * 8;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// The system of the permissions below.
const UNIX: u16 = 3 << 8;
/// A regular file that its owner may write.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// 1980-01-01, so that the same content gives the same bytes.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
const EXTRA_64_ID: u16 = 1;
/// Marks the fields of numbers that are written as ZIP64.
const SEE_64: u32 = u32::MAX;

/// Numbers from here on are written as ZIP64. Tests use a smaller limit.
pub(super) const LARGE: u64 = u32::MAX as u64;

/// One member: its entry of the directory, and the offset of its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Name, in ASCII.
    pub name: String,
    /// CRC-32 of the content, for other tools; the reader checks SHA-256.
    pub crc: u32,
    /// Bytes of the content.
    pub size: u64,
    /// Offset of the header.
    pub offset: u64,
}

/// Return the bytes before a member's content.
pub fn local_header(member: &Member) -> Vec<u8> {
    member.local_header(LARGE)
}

/// Return the bytes after the content of the last of `members`.
pub fn directory(members: &[Member]) -> Vec<u8> {
    directory_of(members, LARGE)
}

pub(super) fn directory_of(members: &[Member], large: u64) -> Vec<u8> {
    let start = members.last().map_or(0, |last| last.end(large));
    let mut bytes: Vec<u8> = members
        .iter()
        .flat_map(|member| member.central_record(large))
        .collect();
    let length = bytes.len() as u64;
    bytes.extend(end_records(members.len() as u64, length, start, large));
    bytes
}

impl Member {
    pub(super) fn local_header(&self, large: u64) -> Vec<u8> {
        let size = (self.size >= large).then_some(self.size);
        let mut bytes = Vec::with_capacity(LOCAL_SIZE + self.name.len() + MOST_EXTRA);
        let extra = extra_64(&[size, size]);
        bytes.extend(LOCAL_MARK);
        put(&mut bytes, [version(&extra), 0, STORED, TIME, DATE]);
        self.put_sizes(&mut bytes, size.is_some());
        put(&mut bytes, [self.name.len() as u16, extra.len() as u16]);
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    fn central_record(&self, large: u64) -> Vec<u8> {
        let size = (self.size >= large).then_some(self.size);
        let offset = (self.offset >= large).then_some(self.offset);
        let extra = extra_64(&[size, size, offset]);
        let version = version(&extra);
        let mut bytes = Vec::with_capacity(CENTRAL_SIZE + self.name.len() + MOST_EXTRA);
        bytes.extend(CENTRAL_MARK);
        put(&mut bytes, [UNIX | version, version, 0, STORED, TIME, DATE]);
        self.put_sizes(&mut bytes, size.is_some());
        let lengths = [self.name.len() as u16, extra.len() as u16];
        put(&mut bytes, lengths);
        put(&mut bytes, [0, 0, 0]);
        bytes.extend(ATTRIBUTES.to_le_bytes());
        bytes.extend(shown_or_see_64(self.offset, offset.is_some()));
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    fn put_sizes(&self, bytes: &mut Vec<u8>, is_large: bool) {
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(shown_or_see_64(self.size, is_large));
        bytes.extend(shown_or_see_64(self.size, is_large));
    }

    /// Return the end of the content. No real file reaches the largest number.
    fn end(&self, large: u64) -> u64 {
        let header = self.local_header(large).len() as u64;
        self.offset.saturating_add(header).saturating_add(self.size)
    }
}

fn put<const N: usize>(bytes: &mut Vec<u8>, numbers: [u16; N]) {
    bytes.extend(numbers.into_iter().flat_map(u16::to_le_bytes));
}

fn shown_or_see_64(number: u64, is_large: bool) -> [u8; 4] {
    if is_large {
        SEE_64.to_le_bytes()
    } else {
        (number as u32).to_le_bytes()
    }
}

fn version(extra: &[u8]) -> u16 {
    if extra.is_empty() {
        VERSION
    } else {
        VERSION_64
    }
}

/// Return the extra field with 64-bit numbers; empty if there are none.
fn extra_64(numbers: &[Option<u64>]) -> Vec<u8> {
    let packed: Vec<u8> = numbers
        .iter()
        .flatten()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    if packed.is_empty() {
        return packed;
    }
    let mut bytes = Vec::with_capacity(4 + packed.len());
    put(&mut bytes, [EXTRA_64_ID, packed.len() as u16]);
    bytes.extend(packed);
    bytes
}

/// Return the bytes after the directory. There are less than 2^16 members.
fn end_records(n_members: u64, length: u64, start: u64, large: u64) -> Vec<u8> {
    let is_large = length.max(start) >= large;
    let mut bytes = Vec::with_capacity(END_64_SIZE + LOCATOR_64_SIZE + END_SIZE);
    if is_large {
        bytes.extend(END_64_MARK);
        bytes.extend((END_64_SIZE as u64 - 12).to_le_bytes());
        put(&mut bytes, [UNIX | VERSION_64, VERSION_64, 0, 0, 0, 0]);
        for number in [n_members, n_members, length, start] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(LOCATOR_64_MARK);
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(start.wrapping_add(length).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
    }
    bytes.extend(END_MARK);
    put(&mut bytes, [0, 0, n_members as u16, n_members as u16]);
    bytes.extend(shown_or_see_64(length, is_large));
    bytes.extend(shown_or_see_64(start, is_large));
    put(&mut bytes, [0]);
    bytes
}

/// Refuse a file of format 1, whose first member is a deflated manifest.
pub(super) fn refuse_format_1(file: &(impl ReadAt + ?Sized)) -> Result<(), FileError> {
    let mut header = [0; LOCAL_SIZE + MANIFEST_NAME.len()];
    if file.read_at(&mut header, 0).is_err() || !header.ends_with(MANIFEST_NAME.as_bytes()) {
        return Ok(());
    }
    let mut form = LOCAL_MARK.to_vec();
    put(&mut form, [VERSION, 0, DEFLATED, TIME, DATE]);
    if header.starts_with(&form) {
        return Err(format_1(None));
    }
    Ok(())
}

/// Return the members of a file in their order.
///
/// Memory is proportional to `limits.max_parts` at most. The members' contents are not
/// read.
pub(super) fn read_directory(
    file: &(impl ReadAt + ?Sized),
    limits: &Limits,
) -> Result<Vec<Member>, FileError> {
    read_directory_of(file, limits, LARGE)
}

pub(super) fn read_directory_of(
    file: &(impl ReadAt + ?Sized),
    limits: &Limits,
    large: u64,
) -> Result<Vec<Member>, FileError> {
    let mut mark = [0; LOCAL_MARK.len()];
    let is_zip = file.read_at(&mut mark, 0).is_ok() && mark == LOCAL_MARK;
    if !is_zip {
        return Err(FileError::refused("It does not begin as a ZIP file does."));
    }
    let (n_members, length, start) = read_end(file, large)?;
    if n_members > limits.max_parts as u64 + 1 {
        return Err(FileError::Refused(format!(
            "It says that it holds {n_members} parts; at most {} are read.",
            limits.max_parts
        )));
    }
    let most = n_members * (CENTRAL_SIZE + limits.max_name_length + MOST_EXTRA) as u64;
    if length > most {
        return Err(FileError::Refused(format!(
            "Its directory takes {length} bytes, too many for {n_members} parts."
        )));
    }
    let mut records = vec![0; length as usize];
    read_or(file, &mut records, start, "It is cut off.")?;
    let mut members = Vec::with_capacity(n_members as usize);
    let mut at = 0;
    let mut position = 0;
    for _ in 0..n_members {
        let (member, n_bytes) = parse_record(&records[at..], position, large)?;
        at += n_bytes;
        position = member.end(large);
        if position > start {
            break;
        }
        members.push(member);
    }
    if at as u64 != length || position != start {
        return Err(FileError::refused(
            "Its directory does not match the parts before it.",
        ));
    }
    Ok(members)
}

/// Read the content of one member into a buffer of its size.
pub(super) fn read_member(
    file: &(impl ReadAt + ?Sized),
    member: &Member,
    buffer: &mut [u8],
) -> Result<(), FileError> {
    read_member_of(file, member, buffer, LARGE)
}

pub(super) fn read_member_of(
    file: &(impl ReadAt + ?Sized),
    member: &Member,
    buffer: &mut [u8],
    large: u64,
) -> Result<(), FileError> {
    let expected = member.local_header(large);
    let mut header = vec![0; expected.len()];
    let cut_off = format!("Part '{}' is cut off.", member.name);
    read_or(file, &mut header, member.offset, &cut_off)?;
    if header != expected {
        return Err(FileError::Refused(format!(
            "The header of part '{}' is damaged.",
            member.name
        )));
    }
    read_or(file, buffer, member.offset + header.len() as u64, &cut_off)
}

/// Fill a buffer, or refuse the file with `message` if it ends earlier.
fn read_or(
    file: &(impl ReadAt + ?Sized),
    buffer: &mut [u8],
    offset: u64,
    message: &str,
) -> Result<(), FileError> {
    match file.read_at(buffer, offset) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(FileError::refused(message))
        }
        outcome => Ok(outcome?),
    }
}

/// Return the number of members, and the size and offset of the directory.
fn read_end(file: &(impl ReadAt + ?Sized), large: u64) -> Result<(u64, u64, u64), FileError> {
    const CUT_OFF: &str = "It is cut off.";
    let size = file.len()?;
    let Some(at) = size.checked_sub(END_SIZE as u64) else {
        return Err(FileError::refused(CUT_OFF));
    };
    let mut records = vec![0; END_SIZE];
    read_or(file, &mut records, at, CUT_OFF)?;
    if !records.starts_with(&END_MARK) {
        return Err(FileError::refused(
            "It is cut off, or something was added to it: it does not end as it was written.",
        ));
    }
    let mut n_members = u64::from(u16_at(&records, 10));
    let mut length = u64::from(u32_at(&records, 12));
    let mut start = u64::from(u32_at(&records, 16));
    let before = at.checked_sub((LOCATOR_64_SIZE + END_64_SIZE) as u64);
    if let (Some(before), true) = (before, start == u64::from(SEE_64)) {
        records = vec![0; END_64_SIZE + LOCATOR_64_SIZE + END_SIZE];
        read_or(file, &mut records, before, CUT_OFF)?;
        n_members = u64_at(&records, 32);
        length = u64_at(&records, 40);
        start = u64_at(&records, 48);
    }
    let end = start
        .checked_add(length)
        .and_then(|end| end.checked_add(records.len() as u64));
    if end != Some(size) {
        return Err(FileError::refused(
            "Its directory is not where its last bytes say: it is cut off, or something was \
             added to it.",
        ));
    }
    if n_members >= 1 << 16 || records != end_records(n_members, length, start, large) {
        return Err(FileError::refused(
            "Its last bytes are not as headstart writes them (more than one volume, or a \
             comment).",
        ));
    }
    Ok((n_members, length, start))
}

/// Return the member of the first record, and the size of the record.
fn parse_record(records: &[u8], position: u64, large: u64) -> Result<(Member, usize), FileError> {
    const TOO_FEW: &str = "Its directory lists fewer parts than it says.";
    if records.len() < CENTRAL_SIZE {
        return Err(FileError::refused(TOO_FEW));
    }
    let name_end = CENTRAL_SIZE + usize::from(u16_at(records, 28));
    let name = records
        .get(CENTRAL_SIZE..name_end)
        .ok_or_else(|| FileError::refused(TOO_FEW))?;
    if !name.is_ascii() {
        return Err(FileError::Refused(format!(
            "A part's name must be plain ASCII letters. Got '{}'.",
            escaped(&String::from_utf8_lossy(name), 60)
        )));
    }
    let name = String::from_utf8_lossy(name).into_owned();
    let mut size = u64::from(u32_at(records, 24));
    let n_extra = usize::from(u16_at(records, 30));
    if size == u64::from(SEE_64) && n_extra >= 4 + 16 && name_end + 12 <= records.len() {
        size = u64_at(records, name_end + 4);
    }
    let member = Member {
        name,
        crc: u32_at(records, 16),
        size,
        offset: position,
    };
    let record = member.central_record(large);
    if !records.starts_with(&record) {
        return Err(FileError::Refused(format!(
            "The directory's record of part '{}' is not as headstart writes it: it was \
             damaged, or packed by another tool (compressed, encrypted, linked, overlapping, \
             with extra fields). hint: a model that was unpacked loads from its folder.",
            escaped(&member.name, 60)
        )));
    }
    Ok((member, record.len()))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    number_at::<2>(bytes, at) as u16
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    number_at::<4>(bytes, at) as u32
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    number_at::<8>(bytes, at)
}

/// Return the little-endian number of `N` bytes at an offset; 0 for bytes out of range.
fn number_at<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    if let Some(part) = bytes.get(at..at + N) {
        number[..N].copy_from_slice(part);
    }
    u64::from_le_bytes(number)
}
