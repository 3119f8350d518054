"""The SDTM domains that a rehearsal produces: their variables in SDTMIG order, with labels, and their sort keys.

Source: SDTMIG 3.4, domain specification tables. Numeric variables are `Float64`, as every transport format has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Labels of variables that keep the same label in every domain.
_COMMON: Mapping[str, str] = {
    "STUDYID": "Study Identifier",
    "DOMAIN": "Domain Abbreviation",
    "USUBJID": "Unique Subject Identifier",
    "VISITNUM": "Visit Number",
    "VISIT": "Visit Name",
    "VISITDY": "Planned Study Day of Visit",
    "EPOCH": "Epoch",
    "ARMCD": "Planned Arm Code",
    "ARM": "Description of Planned Arm",
    "ETCD": "Element Code",
    "ELEMENT": "Description of Element",
}

_NUMERIC_SUFFIXES = ("SEQ", "STRESN", "STNRLO", "STNRHI", "DOSE")
_NUMERIC = {"VISITNUM", "VISITDY", "AGE", "TAETORD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSpecification:
    """One domain.

    labels  variable to label, in the order of the dataset
    keys    what the records of a subject are sorted by, before `--SEQ` is given out
    """

    name: str
    label: str
    labels: Mapping[str, str]
    keys: tuple[str, ...]

    @property
    def has_subjects(self) -> bool:
        """Whether the records belong to subjects: trial design domains have none."""
        return "USUBJID" in self.labels

    def is_numeric(self, variable: str) -> bool:
        """Whether `variable` holds numbers."""
        own = variable.removeprefix(self.name)
        return variable in _NUMERIC or own in (*_NUMERIC_SUFFIXES, "DY", "STDY", "ENDY")


def _domain(name: str, label: str, keys: str, variables: str) -> DomainSpecification:
    """A domain from lines `NAME Label`; a name alone has its common label."""
    labels = {}
    for line in variables.strip().splitlines():
        variable, _, text = line.strip().partition(" ")
        labels[variable] = text or _COMMON[variable]
    return DomainSpecification(name=name, label=label, labels=labels, keys=tuple(keys.split()))


_DOMAINS = (
    _domain(
        "DM",
        "Demographics",
        "",
        """
        STUDYID
        DOMAIN
        USUBJID
        SUBJID Subject Identifier for the Study
        RFSTDTC Subject Reference Start Date/Time
        RFENDTC Subject Reference End Date/Time
        RFXSTDTC Date/Time of First Study Treatment
        RFXENDTC Date/Time of Last Study Treatment
        RFICDTC Date/Time of Informed Consent
        RFPENDTC Date/Time of End of Participation
        DTHDTC Date/Time of Death
        DTHFL Subject Death Flag
        SITEID Study Site Identifier
        AGE Age
        AGEU Age Units
        SEX Sex
        RACE Race
        ETHNIC Ethnicity
        ARMCD
        ARM
        ACTARMCD Actual Arm Code
        ACTARM Description of Actual Arm
        ARMNRS Reason Arm and/or Actual Arm is Null
        COUNTRY Country
        DMDTC Date/Time of Collection
        DMDY Study Day of Collection
        """,
    ),
    _domain(
        "DS",
        "Disposition",
        "DSSTDTC order",
        """
        STUDYID
        DOMAIN
        USUBJID
        DSSEQ Sequence Number
        DSTERM Reported Term for the Disposition Event
        DSDECOD Standardized Disposition Term
        DSCAT Category for Disposition Event
        EPOCH
        DSSTDTC Start Date/Time of Disposition Event
        DSSTDY Study Day of Start of Disposition Event
        """,
    ),
    _domain(
        "EX",
        "Exposure",
        "EXSTDTC",
        """
        STUDYID
        DOMAIN
        USUBJID
        EXSEQ Sequence Number
        EXTRT Name of Treatment
        EXDOSE Dose
        EXDOSU Dose Units
        EXDOSFRM Dose Form
        EXDOSFRQ Dosing Frequency per Interval
        EXROUTE Route of Administration
        EPOCH
        EXSTDTC Start Date/Time of Treatment
        EXENDTC End Date/Time of Treatment
        EXSTDY Study Day of Start of Treatment
        EXENDY Study Day of End of Treatment
        """,
    ),
    _domain(
        "SV",
        "Subject Visits",
        "VISITNUM",
        """
        STUDYID
        DOMAIN
        USUBJID
        VISITNUM
        VISIT
        VISITDY
        SVSTDTC Start Date/Time of Observation
        SVENDTC End Date/Time of Observation
        SVSTDY Study Day of Start of Observation
        SVENDY Study Day of End of Observation
        SVUPDES Description of Unplanned Visit
        """,
    ),
    _domain(
        "DV",
        "Protocol Deviations",
        "DVSTDTC DVDECOD DVTERM",
        """
        STUDYID
        DOMAIN
        USUBJID
        DVSEQ Sequence Number
        DVTERM Protocol Deviation Term
        DVDECOD Protocol Deviation Coded Term
        DVCAT Category for Protocol Deviation
        DVSCAT Subcategory for Protocol Deviation
        EPOCH
        DVSTDTC Start Date/Time of Deviation
        DVENDTC End Date/Time of Deviation
        DVSTDY Study Day of Start of Deviation Event
        DVENDY Study Day of End of Deviation Event
        """,
    ),
    _domain(
        "AE",
        "Adverse Events",
        "AESTDTC AEDECOD",
        """
        STUDYID
        DOMAIN
        USUBJID
        AESEQ Sequence Number
        AETERM Reported Term for the Adverse Event
        AEDECOD Dictionary-Derived Term
        AEBODSYS Body System or Organ Class
        AESEV Severity/Intensity
        AESER Serious Event
        AEACN Action Taken with Study Treatment
        AEREL Causality
        AEOUT Outcome of Adverse Event
        AESDTH Results in Death
        AESHOSP Requires or Prolongs Hospitalization
        AECONTRT Concomitant or Additional Trtmnt Given
        EPOCH
        AESTDTC Start Date/Time of Adverse Event
        AEENDTC End Date/Time of Adverse Event
        AESTDY Study Day of Start of Adverse Event
        AEENDY Study Day of End of Adverse Event
        AEENRTPT End Relative to Reference Time Point
        AEENTPT End Reference Time Point
        """,
    ),
    _domain(
        "CM",
        "Concomitant/Prior Medications",
        "CMSTDTC CMTRT",
        """
        STUDYID
        DOMAIN
        USUBJID
        CMSEQ Sequence Number
        CMTRT Reported Name of Drug, Med, or Therapy
        CMDECOD Standardized Medication Name
        CMINDC Indication
        CMCLAS Medication Class
        EPOCH
        CMSTDTC Start Date/Time of Medication
        CMENDTC End Date/Time of Medication
        CMSTDY Study Day of Start of Medication
        CMENDY Study Day of End of Medication
        CMENRTPT End Relative to Reference Time Point
        CMENTPT End Reference Time Point
        """,
    ),
    _domain(
        "MH",
        "Medical History",
        "order MHSTDTC MHDECOD",
        """
        STUDYID
        DOMAIN
        USUBJID
        MHSEQ Sequence Number
        MHTERM Reported Term for the Medical History
        MHDECOD Dictionary-Derived Term
        MHCAT Category for Medical History
        MHBODSYS Body System or Organ Class
        EPOCH
        MHDTC Date/Time of History Collection
        MHSTDTC Start Date/Time of Medical History Event
        MHDY Study Day of History Collection
        MHENRTPT End Relative to Reference Time Point
        MHENTPT End Reference Time Point
        """,
    ),
    _domain(
        "LB",
        "Laboratory Test Results",
        "VISITNUM order",
        """
        STUDYID
        DOMAIN
        USUBJID
        LBSEQ Sequence Number
        LBTESTCD Lab Test or Examination Short Name
        LBTEST Lab Test or Examination Name
        LBCAT Category for Lab Test
        LBORRES Result or Finding in Original Units
        LBORRESU Original Units
        LBORNRLO Reference Range Lower Limit in Orig Unit
        LBORNRHI Reference Range Upper Limit in Orig Unit
        LBSTRESC Character Result/Finding in Std Format
        LBSTRESN Numeric Result/Finding in Standard Units
        LBSTRESU Standard Units
        LBSTNRLO Reference Range Lower Limit-Std Units
        LBSTNRHI Reference Range Upper Limit-Std Units
        LBNRIND Reference Range Indicator
        LBSTAT Completion Status
        LBREASND Reason Test Not Done
        LBSPEC Specimen Type
        LBLOBXFL Last Observation Before Exposure Flag
        LBBLFL Baseline Flag
        VISITNUM
        VISIT
        VISITDY
        EPOCH
        LBDTC Date/Time of Specimen Collection
        LBDY Study Day of Specimen Collection
        """,
    ),
    _domain(
        "VS",
        "Vital Signs",
        "VISITNUM order",
        """
        STUDYID
        DOMAIN
        USUBJID
        VSSEQ Sequence Number
        VSTESTCD Vital Signs Test Short Name
        VSTEST Vital Signs Test Name
        VSPOS Vital Signs Position of Subject
        VSORRES Result or Finding in Original Units
        VSORRESU Original Units
        VSSTRESC Character Result/Finding in Std Format
        VSSTRESN Numeric Result/Finding in Standard Units
        VSSTRESU Standard Units
        VSLOBXFL Last Observation Before Exposure Flag
        VSBLFL Baseline Flag
        VISITNUM
        VISIT
        VISITDY
        EPOCH
        VSDTC Date/Time of Measurements
        VSDY Study Day of Vital Signs
        """,
    ),
    _domain(
        "QS",
        "Questionnaires",
        "VISITNUM order",
        """
        STUDYID
        DOMAIN
        USUBJID
        QSSEQ Sequence Number
        QSTESTCD Question Short Name
        QSTEST Question Name
        QSCAT Category of Question
        QSORRES Finding in Original Units
        QSSTRESC Character Result/Finding in Std Format
        QSSTRESN Numeric Finding in Standard Units
        QSLOBXFL Last Observation Before Exposure Flag
        QSBLFL Baseline Flag
        QSDRVFL Derived Flag
        VISITNUM
        VISIT
        VISITDY
        EPOCH
        QSDTC Date/Time of Finding
        QSDY Study Day of Finding
        """,
    ),
    _domain(
        "TA",
        "Trial Arms",
        "",
        """
        STUDYID
        DOMAIN
        ARMCD
        ARM
        TAETORD Planned Order of Element within Arm
        ETCD
        ELEMENT
        TABRANCH Branch
        TATRANS Transition Rule
        EPOCH
        """,
    ),
    _domain(
        "TE",
        "Trial Elements",
        "",
        """
        STUDYID
        DOMAIN
        ETCD
        ELEMENT
        TESTRL Rule for Start of Element
        TEENRL Rule for End of Element
        TEDUR Planned Duration of Element
        """,
    ),
    _domain(
        "TV",
        "Trial Visits",
        "",
        """
        STUDYID
        DOMAIN
        VISITNUM
        VISIT
        VISITDY
        ARMCD
        ARM
        TVSTRL Visit Start Rule
        TVENRL Visit End Rule
        """,
    ),
    _domain(
        "TI",
        "Trial Inclusion/Exclusion Criteria",
        "",
        """
        STUDYID
        DOMAIN
        IETESTCD Inclusion/Exclusion Criterion Short Name
        IETEST Inclusion/Exclusion Criterion
        IECAT Inclusion/Exclusion Category
        TIVERS Protocol Criteria Versions
        """,
    ),
    _domain(
        "TS",
        "Trial Summary",
        "",
        """
        STUDYID
        DOMAIN
        TSSEQ Sequence Number
        TSPARMCD Trial Summary Parameter Short Name
        TSPARM Trial Summary Parameter
        TSVAL Parameter Value
        """,
    ),
)

DOMAINS: Mapping[str, DomainSpecification] = {domain.name: domain for domain in _DOMAINS}
