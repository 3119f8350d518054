### How proportions and tables of counts were analysed.

method-cmh = { $has-strata ->
    [yes] Cochran-Mantel-Haenszel test by { $groups }, stratified by { $strata }
   *[no] Cochran-Mantel-Haenszel test by { $groups }
 }

summary-cmh = Cochran-Mantel-Haenszel test between treatment groups: { $items }.
