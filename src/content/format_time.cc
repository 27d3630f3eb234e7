// RFC 3339, section 5.6 and appendix A.
#include <array>

#include "content/format_checks.h"

namespace belljar::content {

namespace {

bool scan_date(Scan& scan) {
  constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = scan.digits(4);
  if (year < 0 || !scan.take('-')) return false;
  const int month = scan.digits(2);
  if (month < 1 || month > 12 || !scan.take('-')) return false;
  const int day = scan.digits(2);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day >= 1 && day <= kDays[static_cast<std::size_t>(month)] + (month == 2 && leap ? 1 : 0);
}

bool scan_time(Scan& scan) {
  const int hour = scan.digits(2);
  if (hour < 0 || hour > 23 || !scan.take(':')) return false;
  const int minute = scan.digits(2);
  if (minute < 0 || minute > 59 || !scan.take(':')) return false;
  const int second = scan.digits(2);
  if (second < 0 || second > 60) return false;
  if (scan.take('.')) {
    const std::size_t count = scan.digits_ahead();
    if (count == 0) return false;
    scan.skip(count);
  }
  int offset = 0;
  if (!scan.take('Z') && !scan.take('z')) {
    const bool ahead = scan.take('+');
    if (!ahead && !scan.take('-')) return false;
    const int hours = scan.digits(2);
    if (hours < 0 || hours > 23 || !scan.take(':')) return false;
    const int minutes = scan.digits(2);
    if (minutes < 0 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * (ahead ? 1 : -1);
  }
  // Leap seconds come at the end of a day of UTC.
  constexpr int kDay = 24 * 60;
  const int utc = ((hour * 60 + minute - offset) % kDay + kDay) % kDay;
  return second < 60 || utc == kDay - 1;
}

// One or more of the units in order: "1H30M"; `first` may begin anywhere, but no unit is left out between two.
bool scan_units(Scan& scan, std::string_view units) {
  std::size_t next = 0;
  bool any = false;
  while (scan.digits_ahead() > 0) {
    scan.skip(scan.digits_ahead());
    const std::size_t unit = units.find(scan.peek(), next);
    if (scan.done() || unit == std::string_view::npos || (any && unit != next)) return false;
    scan.skip(1);
    next = unit + 1;
    any = true;
  }
  return any;
}

}  // namespace

bool is_date(std::string_view text) {
  Scan scan{text};
  return scan_date(scan) && scan.done();
}

bool is_time(std::string_view text) {
  Scan scan{text};
  return scan_time(scan) && scan.done();
}

bool is_date_time(std::string_view text) {
  Scan scan{text};
  return scan_date(scan) && (scan.take('T') || scan.take('t')) && scan_time(scan) && scan.done();
}

bool is_duration(std::string_view text) {
  Scan scan{text};
  if (!scan.take('P') || scan.done()) return false;
  if (text.back() == 'W') {
    const std::size_t count = scan.digits_ahead();
    scan.skip(count);
    return count > 0 && scan.take('W') && scan.done();
  }
  if (scan.peek() != 'T' && !scan_units(scan, "YMD")) return false;
  if (scan.take('T') && !scan_units(scan, "HMS")) return false;
  return scan.done();
}

}  // namespace belljar::content
