"""The labelled worlds, as data: who lives there, how many are bad, what lands and what does not.

Belongs here: sizes, shares and assumptions of each world.
Does not belong here: how any family behaves.
"""

from dataclasses import dataclass, replace

EVERYWHERE = (
    *(("US", 27.0), ("IN", 12.0), ("GB", 9.0), ("DE", 7.0), ("JP", 6.5), ("NG", 6.0), ("BR", 5.0), ("FR", 5.0)),
    *(("KR", 4.0), ("ID", 3.7), ("CA", 3.4), ("ES", 3.2), ("NL", 3.0), ("AU", 3.0), ("IT", 2.5), ("SG", 1.8)),
    *(("MX", 1.8), ("PL", 1.7), ("TR", 1.7), ("VN", 1.7), ("PH", 1.2), ("ZA", 1.0)),
)
ONE_REGION = (
    *(("VN", 30.0), ("ID", 12.0), ("PH", 8.0), ("US", 18.0), ("IN", 8.0), ("GB", 5.0), ("DE", 5.0), ("JP", 5.0)),
    *(("BR", 4.0), ("FR", 3.0), ("NG", 2.0)),
)
BAD = (
    *("hydra_ring", "payment_ring", "paraphrase_ring", "slow_ring", "pivot_ring", "copied_keys"),
    *("ban_evader", "stolen_key", "reward_harvester", "whale", "sprayer", "connector_abuser"),
)
BENIGN = {
    "company_seats": 0.035,
    "university": 0.028,
    "agency": 0.008,
    "household": 0.022,
    "carrier_nat": 0.06,
    "office_gateway": 0.02,
    "vpn_users": 0.02,
    "batch_job": 0.006,
    "evaluation_lab": 0.002,
    "grading_desk": 0.0015,
    "agreed_synthetic_data": 0.003,
    "viral_prompt": 0.02,
    "outage_retries": 0.005,
    "key_migration": 0.006,
    "hackathon": 0.012,
    "tutor": 0.012,
    "verified_researcher": 0.003,
    "licensed_reseller": 0.0015,
    "prompt_community": 0.013,
    "misread_professional": 0.006,
    "early_adopter": 0.012,
    "traveller": 0.006,
    "product_templates": 0.02,
}


@dataclass(frozen=True)
class Spec:
    """One world.

    Attributes:
        name: What `--world` calls it.
        about: What it is for.
        bad_share: Share of accounts that are bad.
        bad: Families that bad accounts come from.
        benign: Share of accounts in each benign family; the rest are ordinary people and firms.
        accounts: Default number of accounts.
        activity: Factor on everybody's volume.
        countries: (country, weight) of ordinary accounts.
        attack_countries: Where bad traffic seems to come from; empty = like everybody's.
        attack_networks: Kinds of network that rings rent.
        human_attackers: Whether rings keep working hours.
        hide_daily: Whether rings change addresses, devices and keys every day.
        evasive: Whether rings and wolves hide under four fifths of cover, reword more, and share fewer cards.
        payments_land: Whether payment fingerprints are in the logs and accounts at all.
        organizations: Share of ordinary accounts that belong to small firms with several seats.
        common_devices: Share of clients whose fingerprint is a common one.
        device_pool: Number of common fingerprints.
        business_share: Share of ordinary accounts that are firms.
        outcomes_land: Whether the platform answers reports in `report_outcomes`.
        brigades: Groups of reporters that act together, per 4,000 accounts.
        spam_senders: Senders of careless or abusive notices, per 4,000 accounts.
        rekeyed: Whether the key of the hashes changes in the middle of the window: nothing hashed before can be linked
            with anything after.
        untold: Share of requests without a template and, of others, without a simhash, besides those that lack it anyway.
        drifting: Whether a vendor's accuracy falls within the window.
    """

    name: str
    about: str
    bad_share: float = 0.012
    bad: tuple[str, ...] = BAD
    benign: tuple[tuple[str, float], ...] = tuple(BENIGN.items())
    accounts: int = 4000
    activity: float = 1.0
    countries: tuple[tuple[str, float], ...] = EVERYWHERE
    attack_countries: tuple[str, ...] = ()
    attack_networks: tuple[str, ...] = ("cloud", "residential", "mobile", "vpn")
    human_attackers: bool = False
    hide_daily: bool = False
    evasive: bool = False
    payments_land: bool = True
    organizations: float = 0.0
    common_devices: float = 0.42
    device_pool: int = 240
    business_share: float = 0.17
    outcomes_land: bool = False
    rekeyed: bool = False
    untold: float = 0.0
    brigades: int = 3
    spam_senders: int = 4
    drifting: bool = True


def _shares(**changed: float) -> tuple[tuple[str, float], ...]:
    return tuple({**BENIGN, **changed}.items())


LIKE_LANDING_ZONE = Spec("like_landing_zone", "Traffic that looks like the shared landing zone, about 1 % of it bad.")
WORLDS = {
    spec.name: spec
    for spec in (
        LIKE_LANDING_ZONE,
        replace(
            LIKE_LANDING_ZONE,
            name="clean",
            about="Nobody is bad: whatever is queued is a false alarm.",
            bad_share=0.0,
            brigades=0,
            spam_senders=0,
            drifting=False,
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="targeted_region",
            about="Half of all honest people live where the attackers' traffic seems to come from.",
            countries=ONE_REGION,
            attack_countries=("VN", "ID", "PH"),
            attack_networks=("mobile", "residential"),
            benign=_shares(carrier_nat=0.14, university=0.05, household=0.04),
            outcomes_land=True,
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="rare",
            about="One account in two thousand is bad.",
            bad_share=0.0005,
            accounts=10000,
            activity=0.5,
            bad=("slow_ring", "whale", "hydra_ring", "stolen_key", "payment_ring", "reward_harvester"),
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="dense",
            about="One account in twenty is bad.",
            bad_share=0.05,
            brigades=5,
            spam_senders=8,
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="other_assumptions",
            about="Most accounts are seats of firms behind gateways, fingerprints are few, attackers keep office hours.",
            organizations=0.55,
            business_share=0.5,
            common_devices=0.95,
            device_pool=25,
            human_attackers=True,
            attack_networks=("residential", "business", "mobile"),
            benign=_shares(company_seats=0.12, office_gateway=0.10, carrier_nat=0.12, agency=0.02, batch_job=0.03),
            outcomes_land=True,
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="evasive",
            about="Attackers who have read the catalogue: four fifths cover, more rewording, fewer shared cards; much NAT.",
            evasive=True,
            attack_networks=("mobile", "residential"),
            benign=_shares(carrier_nat=0.15, prompt_community=0.03, product_templates=0.04, vpn_users=0.04),
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="bare_keys",
            about="No payment fingerprints land; rings change addresses, devices and API keys every day.",
            payments_land=False,
            hide_daily=True,
            attack_networks=("residential", "mobile"),
            bad=tuple(family for family in BAD if family != "payment_ring"),
            benign=_shares(prompt_community=0.03, evaluation_lab=0.008, grading_desk=0.008, tutor=0.03),
        ),
        replace(
            LIKE_LANDING_ZONE,
            name="rekeyed",
            about="The key of the hashes changes in mid-window, and a third of requests tell no template or no simhash.",
            rekeyed=True,
            untold=0.33,
            organizations=0.2,
            attack_networks=("cloud", "unknown", "vpn"),
            benign=_shares(vpn_users=0.05, batch_job=0.02, key_migration=0.02),
            outcomes_land=True,
        ),
    )
}
