### Chapters 13 to 16.

discussion-lead = The results on efficacy are given in { $efficacy }, those on safety in { $safety }. The main findings are repeated here.

displays-lead = The tables, figures and graphs of the analysis plan are collected here, by the sections of ICH E3.
shown-here = This section presents { $items }.
see-also = See { $items }.
no-demographic-displays = The analysis plan holds no display of demographic data.
no-efficacy-displays = The analysis plan holds no display of efficacy data.
no-ae-displays = The analysis plan holds no display of adverse events.
no-serious-listings = The analysis plan holds no listing of deaths, other serious and significant adverse events.
no-abnormal-listings = The analysis plan holds no listing of abnormal laboratory values.
safety-displays-below = The displays of safety data are in the sections below.

appendices-lead = The appendices hold what documents the study, the listings of patient data, and the case report forms.
study-information-lead = The documents below belong to this report.
appendix = This appendix is provided by the sponsor.
protocol-version = Version of the study definition: { $version }.
documentation-lead = The table below gives every analysis of the analysis plan with its method, dataset, analysis set, the condition on the records, its variables and options. It was made from the plan itself, from which the results were computed.
listings-lead = The listings of individual patient data are given in the sections below.
listings-apart = These listings are documents of their own, beside this report:
listing-apart = Listing { $listing }: { $file }
listing-apart-counted = Listing { $listing }: { $records } { $records-number ->
    [one] record
   *[other] records
} of { $subjects } { $subjects-number ->
    [one] subject
   *[other] subjects
}, in { $file }
listing-not-planned = The analysis plan holds no listing for this section.
crf-lead = Case report forms are provided as the sections below say.
