"""What the virtual trial collected, as SDTM domains (SDTMIG 3.4): names, order, labels and types of the variables."""
