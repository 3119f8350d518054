### What every chapter of the report uses. Numbers and facts are placeholders: no result is ever written here.

list-more = { $start }, { $item }
list-last = { $start } and { $item }

# "p = 0.0123" or "p <0.0001"
p-value = { $p-number ->
    [none] p-value not estimable
   *[other] { $p-sign ->
        [less] p { $p }
        [greater] p { $p }
       *[exact] p = { $p }
    }
 }

from-protocol-numbered = From the protocol, section { $number } ({ $title }):
from-protocol-titled = From the protocol ({ $title }):
from-protocol = From the protocol:
protocol-image = The figure that the protocol shows here is reproduced with the protocol in the appendices.

not-applicable = Not applicable. { $reason }

header = { $protocol } - Clinical Study Report
footer = { $sponsor } - Confidential
