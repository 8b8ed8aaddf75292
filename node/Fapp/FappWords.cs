using System.Globalization;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Node.Control;

// Without a default arm the compiler names the member that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Fapp;

/// <summary>Words of commands for what is a number on the wire, and back.</summary>
internal static class FappWords
{
    private static readonly (string Word, Procedures Value)[] _procedures =
        [("VT", Procedures.VT), ("TP", Procedures.TP), ("AP", Procedures.AP), ("ST", Procedures.ST),
            ("neuro", Procedures.Neuro)];

    private static readonly (string Word, Payers Value)[] _payers =
    [
        ("GKV", Payers.GKV), ("PKV", Payers.PKV), ("BG", Payers.BG), ("SEL", Payers.SEL), ("SOZ", Payers.SOZ),
        ("BEI", Payers.BEI), ("KE", Payers.KE),
    ];

    private static readonly (string Word, AgeGroups Value)[] _ages =
        [("children", AgeGroups.Children), ("adolescents", AgeGroups.Adolescents), ("adults", AgeGroups.Adults)];

    private static readonly (string Word, Accessibility Value)[] _access =
    [
        ("stepfree", Accessibility.StepFree), ("lift", Accessibility.Lift), ("toilet", Accessibility.Toilet),
        ("hearing", Accessibility.Hearing),
        ("sight", Accessibility.Sight), ("parking", Accessibility.Parking),
    ];

    private static readonly (string Word, Phase Value)[] _phases =
    [
        ("sprechstunde", Phase.Sprechstunde), ("probatorik", Phase.Probatorik), ("akut", Phase.Akut),
        ("kurzzeit", Phase.Kurzzeit),
        ("langzeit", Phase.Langzeit),
    ];

    private static readonly (string Word, Modality Value)[] _modalities =
        [("praxis", Modality.Praxis), ("video", Modality.Video), ("hybrid", Modality.Hybrid)];

    private static readonly (
        string Word, Setting Value)[] _settings = [("single", Setting.Single), ("group", Setting.Group)];

    private static readonly (string Word, FollowUp Value)[] _follows =
        [("yes", FollowUp.Yes), ("no", FollowUp.No), ("waiting", FollowUp.Waiting)];

    private static readonly (string Word, Provider Value)[] _providers =
        [("practice", Provider.Practice), ("mvz", Provider.Mvz), ("clinic", Provider.TrainingClinic)];

    private static readonly (string Word, Profession Value)[] _professions =
    [
        ("pp", Profession.Psychologist), ("kjp", Profession.ChildTherapist), ("pt", Profession.Psychotherapist),
        ("arzt", Profession.Physician),
    ];

    private static readonly (string Word, Level Value)[] _levels =
        [("card", Level.Card), ("practice", Level.Practice), ("list", Level.List), ("none", Level.None)];

    internal static Phase PhaseOf(string key, string text) => One(key, text, _phases);

    internal static Modality ModalityOf(string key, string text) => One(key, text, _modalities);

    internal static Setting SettingOf(string key, string text) => One(key, text, _settings);

    internal static FollowUp FollowsOf(string key, string text) => One(key, text, _follows);

    internal static Provider ProviderOf(string key, string text) => One(key, text, _providers);

    internal static Profession ProfessionOf(string key, string text) => One(key, text, _professions);

    internal static Level LevelOf(string key, string text) => One(key, text, _levels);

    internal static Procedures ProceduresOf(string key, string text) =>
        (Procedures)Many(key, text, _procedures, static v => (int)v);

    internal static Payers PayersOf(string key, string text) => (Payers)Many(key, text, _payers, static v => (int)v);

    internal static AgeGroups AgesOf(string key, string text) => (AgeGroups)Many(key, text, _ages, static v => (int)v);

    internal static Accessibility AccessOf(string key, string text) =>
        (Accessibility)Many(key, text, _access, static v => (int)v);

    /// <summary>A bit for each phase that is named.</summary>
    internal static int PhaseBitsOf(string key, string text) => Many(key, text, _phases, static v => 1 << (int)v);

    /// <summary>A bit for each modality that is named.</summary>
    internal static int ModalityBitsOf(string key, string text) =>
        Many(key, text, _modalities, static v => 1 << (int)v);

    internal static string Of(Phase phase) => Word(phase.Known(), _phases);

    internal static string Of(Modality modality) => Word(modality.Known(), _modalities);

    internal static string Of(Setting setting) => Word(setting.Known(), _settings);

    internal static string Of(FollowUp follows) => Word(follows.Known(), _follows);

    internal static string Of(Provider provider) => Word(provider.Known(), _providers);

    internal static string Of(Profession profession) => Word(profession.Known(), _professions);

    internal static string Of(Level level) => level == Level.Contested ? "contested" : Word(level, _levels);

    internal static string[] Of(Procedures procedures) =>
        [.. _procedures.Where(p => procedures.HasFlag(p.Value)).Select(static p => p.Word)];

    internal static string[] Of(Payers payers) =>
        [.. _payers.Where(p => payers.HasFlag(p.Value)).Select(static p => p.Word)];

    internal static string[] Of(AgeGroups ages) =>
        [.. _ages.Where(a => ages.HasFlag(a.Value)).Select(static a => a.Word)];

    internal static string[] Of(Accessibility access) =>
        [.. _access.Where(a => access.HasFlag(a.Value)).Select(static a => a.Word)];

    internal static string Of(FappMode mode) => mode switch
    {
        FappMode.Off => "off",
        FappMode.Relay => "relay",
        FappMode.Follow => "follow",
    };

    internal static string Of(SlotAnswer answer) => answer switch
    {
        SlotAnswer.Received => "received",
        SlotAnswer.Drawn => "drawn",
        SlotAnswer.Offered => "offered",
        SlotAnswer.Booked => "booked",
        SlotAnswer.Waiting => "waiting",
        SlotAnswer.Refused => "refused",
        SlotAnswer.Withdrawn => "withdrawn",
        SlotAnswer.Cancelled => "cancelled",
        SlotAnswer.Expired => "expired",
        SlotAnswer.Kept => "kept",
        SlotAnswer.NoShow => "noShow",
        SlotAnswer.PinNeeded => "pinNeeded",
    };

    internal static string Of(ReservationState state) => state switch
    {
        ReservationState.Requested => "requested",
        ReservationState.Offered => "offered",
        ReservationState.Booked => "booked",
        ReservationState.Waiting => "waiting",
        ReservationState.Refused => "refused",
        ReservationState.Withdrawn => "withdrawn",
        ReservationState.Cancelled => "cancelled",
        ReservationState.Expired => "expired",
        ReservationState.Kept => "kept",
        ReservationState.NoShow => "noShow",
    };

    /// <summary>A time as people and programs write it: a date, or RFC 3339.</summary>
    internal static DateTimeOffset TimeOf(string key, string text)
    {
        const DateTimeStyles universal = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(
                text, ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mmzzz", "yyyy-MM-ddTHH:mm:ssZ",
                    "yyyy-MM-ddTHH:mmZ"],
                CultureInfo.InvariantCulture, universal, out DateTimeOffset time) && time.Year >= 2020)
            return time;
        throw ControlException.Usage(
            $"\"{key}\" is a day such as 2026-11-02, or a time such as 2026-11-02T10:00:00+01:00");
    }

    private static T One<T>(string key, string text, (string Word, T Value)[] words)
    {
        foreach ((string word, T value) in words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        throw ControlException.Usage($"\"{key}\" is one of {string.Join(", ", words.Select(static w => w.Word))}");
    }

    private static int Many<T>(string key, string text, (string Word, T Value)[] words, Func<T, int> bits)
    {
        int set = 0;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            set |= bits(One(key, part, words));
        return set;
    }

    private static string Word<T>(T value, (string Word, T Value)[] words)
        where T : struct, Enum
    {
        foreach ((string word, T known) in words)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
                return word;
        }

        return "other";
    }
}
