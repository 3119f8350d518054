### How subgroups were analysed, and what was found.

method-interaction = { $has-terms ->
    [yes] tests of the interactions of treatment with the subgroups, in models that also have { $terms }
   *[no] tests of the interactions of treatment with the subgroups
 }
summary-interaction = Interactions of treatment with subgroups were tested for { $items }.

interaction-item = { $subgroup } ({ $p-text })
interactions-different = { $label }: the effect of treatment differed at the unadjusted two-sided level of { $alpha } between subgroups by { $items }.
interactions-alike = { $label }: no difference in the effect of treatment was found at the unadjusted two-sided level of { $alpha } between subgroups by { $items }.
interactions-missing = { $label }: no test could be computed for subgroups by { $items }.
