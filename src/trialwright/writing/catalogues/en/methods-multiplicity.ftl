### Multiple test procedures.

method-bonferroni = Bonferroni's procedure; adjusted p-values
method-holm = Holm's step-down procedure; adjusted p-values
method-hochberg = Hochberg's step-up procedure; adjusted p-values
method-hommel = Hommel's procedure; adjusted p-values
method-fixed-sequence = tests in a fixed sequence, each at the full level until one is not significant
method-gatekeeping = gatekeeping procedure for families of hypotheses; adjusted p-values
method-graphical = graphical procedure after Bretz and others; adjusted p-values
method-dunnett = Dunnett's comparisons of { $groups } with control{ $has-terms ->
    [yes] , in a linear model that also has { $terms }
   *[no] {""}
 }; adjusted p-values and simultaneous confidence intervals
method-tukey = Tukey-Kramer comparisons of all pairs of { $groups }{ $has-terms ->
    [yes] , in a linear model that also has { $terms }
   *[no] {""}
 }; adjusted p-values and simultaneous confidence intervals

summary-bonferroni = Bonferroni's procedure: { $items }.
summary-holm = Holm's procedure: { $items }.
summary-hochberg = Hochberg's procedure: { $items }.
summary-hommel = Hommel's procedure: { $items }.
summary-fixed-sequence = Tests in a fixed sequence: { $items }.
summary-gatekeeping = Gatekeeping procedures: { $items }.
summary-graphical = Graphical multiple test procedures: { $items }.
summary-dunnett = Dunnett's comparisons with control: { $items }.
summary-tukey = Tukey-Kramer comparisons: { $items }.
