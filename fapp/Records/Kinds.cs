namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 2. Numbers are on the wire: none changes its meaning. A number that this program does
// not know is kept, relayed and shown as "other".

/// <summary>What a slot is for (Psychotherapie-Richtlinie).</summary>
public enum Phase : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>Psychotherapeutische Sprechstunde.</summary>
    Sprechstunde = 1,

    /// <summary>Probatorische Sitzung.</summary>
    Probatorik = 2,

    /// <summary>Akutbehandlung; no emergency service.</summary>
    Akut = 3,

    /// <summary>Kurzzeittherapie.</summary>
    Kurzzeit = 4,

    /// <summary>Langzeittherapie.</summary>
    Langzeit = 5,
}

/// <summary>How many take part in a slot.</summary>
public enum Setting : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>One person.</summary>
    Single = 1,

    /// <summary>A group.</summary>
    Group = 2,
}

/// <summary>Where a slot takes place.</summary>
public enum Modality : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>In the practice.</summary>
    Praxis = 1,

    /// <summary>By video.</summary>
    Video = 2,

    /// <summary>Either, as both agree.</summary>
    Hybrid = 3,
}

/// <summary>Whether a therapy place follows a slot.</summary>
public enum FollowUp : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>No place follows.</summary>
    No = 1,

    /// <summary>A place follows.</summary>
    Yes = 2,

    /// <summary>There is a waiting list.</summary>
    Waiting = 3,
}

/// <summary>Who offers.</summary>
public enum Provider : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>A practice.</summary>
    Practice = 1,

    /// <summary>Medizinisches Versorgungszentrum.</summary>
    Mvz = 2,

    /// <summary>The out-patient clinic of a training institute.</summary>
    TrainingClinic = 3,
}

/// <summary>A profession, as announced; what proves it is an attestation.</summary>
public enum Profession : byte
{
    /// <summary>A number that this program does not know.</summary>
    Other = 0,

    /// <summary>Psychologische Psychotherapeutin.</summary>
    Psychologist = 1,

    /// <summary>Kinder- und Jugendlichenpsychotherapeutin.</summary>
    ChildTherapist = 2,

    /// <summary>Psychotherapeutin (the profession since 2020).</summary>
    Psychotherapist = 3,

    /// <summary>A physician.</summary>
    Physician = 4,
}

/// <summary>Procedures; a bit set.</summary>
[Flags]
public enum Procedures : ushort
{
    /// <summary>None is named.</summary>
    None = 0,

    /// <summary>Verhaltenstherapie.</summary>
    VT = 1,

    /// <summary>Tiefenpsychologisch fundierte Psychotherapie.</summary>
    TP = 2,

    /// <summary>Analytische Psychotherapie.</summary>
    AP = 4,

    /// <summary>Systemische Therapie.</summary>
    ST = 8,

    /// <summary>Neuropsychologische Therapie.</summary>
    Neuro = 16,
}

/// <summary>Who is treated; a bit set.</summary>
[Flags]
public enum AgeGroups : byte
{
    /// <summary>None is named.</summary>
    None = 0,

    /// <summary>Children up to 13 years.</summary>
    Children = 1,

    /// <summary>From 14 to 20 years.</summary>
    Adolescents = 2,

    /// <summary>Adults.</summary>
    Adults = 4,
}

/// <summary>Who pays (versicherungsart of the health care's code systems, and Kostenerstattung); a bit set.</summary>
[Flags]
public enum Payers : ushort
{
    /// <summary>None is named.</summary>
    None = 0,

    /// <summary>Gesetzliche Krankenversicherung.</summary>
    GKV = 1,

    /// <summary>Private Krankenversicherung.</summary>
    PKV = 2,

    /// <summary>Berufsgenossenschaft.</summary>
    BG = 4,

    /// <summary>Selbstzahler.</summary>
    SEL = 8,

    /// <summary>Sozialamt.</summary>
    SOZ = 16,

    /// <summary>Beihilfe.</summary>
    BEI = 32,

    /// <summary>Kostenerstattung (section 13 SGB V).</summary>
    KE = 64,
}

/// <summary>What a practice has for those who need it; a bit set.</summary>
[Flags]
public enum Accessibility : ushort
{
    /// <summary>Nothing is named.</summary>
    None = 0,

    /// <summary>No step on the way in.</summary>
    StepFree = 1,

    /// <summary>A lift.</summary>
    Lift = 2,

    /// <summary>A toilet for wheelchairs.</summary>
    Toilet = 4,

    /// <summary>For people who hear little.</summary>
    Hearing = 8,

    /// <summary>For people who see little.</summary>
    Sight = 16,

    /// <summary>A parking place.</summary>
    Parking = 32,
}

/// <summary>How a practice wants to be asked; a bit set.</summary>
[Flags]
public enum Wishes : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Requests carry the PIN that is spoken on the practice's answering machine.</summary>
    Pin = 1,

    /// <summary>It answers the question for a therapy place with a refusal statement.</summary>
    Refuses = 2,
}

/// <summary>Numbers that are no member of their enumeration become <c>Other</c> where they are shown.</summary>
public static class KindNumbers
{
    /// <summary>The phase, or other.</summary>
    public static Phase Known(this Phase phase) => phase <= Phase.Langzeit ? phase : Phase.Other;

    /// <summary>The setting, or other.</summary>
    public static Setting Known(this Setting setting) => setting <= Setting.Group ? setting : Setting.Other;

    /// <summary>The modality, or other.</summary>
    public static Modality Known(this Modality modality) => modality <= Modality.Hybrid ? modality : Modality.Other;

    /// <summary>Whether a place follows, or other.</summary>
    public static FollowUp Known(this FollowUp follows) => follows <= FollowUp.Waiting ? follows : FollowUp.Other;

    /// <summary>The provider, or other.</summary>
    public static Provider Known(this Provider provider) => provider <= Provider.TrainingClinic ? provider
        : Provider.Other;

    /// <summary>The profession, or other.</summary>
    public static Profession Known(this Profession profession) => profession <= Profession.Physician ? profession
        : Profession.Other;
}
