// Generated from src/errors.ts by `npm run generate`; do not edit.
// clang-format off
#pragma once

#include <cstddef>
#include <cstdint>

namespace portacl {

enum class ErrorCode : uint16_t {
  kOk = 0,
  kCaptureEmpty = 1,
  kCaptureUnknownFormat = 2,
  kCaptureVersion = 3,
  kCaptureCut = 4,
  kCaptureRecordLength = 5,
  kCaptureUnknownInterface = 6,
  kCaptureLinkType = 7,
  kCaptureBlock = 8,
  kCompressionDamaged = 60,
  kCompressionCut = 61,
  kDecompressorMissing = 62,
  kFileShrunk = 63,
  kCompareLimit = 70,
  kFileNotFound = 20,
  kFileIsDirectory = 21,
  kFileUnreadable = 22,
  kFileUnwritable = 23,
  kCancelled = 25,
  kOutOfMemory = 26,
  kProgramMagic = 40,
  kProgramVersion = 41,
  kProgramCut = 42,
  kProgramRowSize = 43,
  kProgramLimit = 44,
  kProgramIndex = 45,
  kProgramValue = 46,
  kProgramOrder = 47,
  kProgramRange = 48,
  kProgramText = 49,
  kKernelUnknown = 80,
  kAlgorithmRefused = 81,
};

constexpr const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk:
      return "ok";
    case ErrorCode::kCaptureEmpty:
      return "capture-empty";
    case ErrorCode::kCaptureUnknownFormat:
      return "capture-unknown-format";
    case ErrorCode::kCaptureVersion:
      return "capture-version";
    case ErrorCode::kCaptureCut:
      return "capture-cut";
    case ErrorCode::kCaptureRecordLength:
      return "capture-record-length";
    case ErrorCode::kCaptureUnknownInterface:
      return "capture-unknown-interface";
    case ErrorCode::kCaptureLinkType:
      return "capture-link-type";
    case ErrorCode::kCaptureBlock:
      return "capture-block";
    case ErrorCode::kCompressionDamaged:
      return "compression-damaged";
    case ErrorCode::kCompressionCut:
      return "compression-cut";
    case ErrorCode::kDecompressorMissing:
      return "decompressor-missing";
    case ErrorCode::kFileShrunk:
      return "file-shrunk";
    case ErrorCode::kCompareLimit:
      return "compare-limit";
    case ErrorCode::kFileNotFound:
      return "file-not-found";
    case ErrorCode::kFileIsDirectory:
      return "file-is-directory";
    case ErrorCode::kFileUnreadable:
      return "file-unreadable";
    case ErrorCode::kFileUnwritable:
      return "file-unwritable";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kOutOfMemory:
      return "out-of-memory";
    case ErrorCode::kProgramMagic:
      return "program-magic";
    case ErrorCode::kProgramVersion:
      return "program-version";
    case ErrorCode::kProgramCut:
      return "program-cut";
    case ErrorCode::kProgramRowSize:
      return "program-row-size";
    case ErrorCode::kProgramLimit:
      return "program-limit";
    case ErrorCode::kProgramIndex:
      return "program-index";
    case ErrorCode::kProgramValue:
      return "program-value";
    case ErrorCode::kProgramOrder:
      return "program-order";
    case ErrorCode::kProgramRange:
      return "program-range";
    case ErrorCode::kProgramText:
      return "program-text";
    case ErrorCode::kKernelUnknown:
      return "kernel-unknown";
    case ErrorCode::kAlgorithmRefused:
      return "algorithm-refused";
  }
  return "unknown";
}

}  // namespace portacl
