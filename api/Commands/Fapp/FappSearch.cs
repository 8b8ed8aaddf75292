namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-search</c> takes.</summary>
public sealed record FappSearchRequest : FappFilterRequest
{
    /// <summary>How many slots at most; 50 unless it is set.</summary>
    public int? Limit { get; set; }

    /// <summary>Ask a relay too, where only radios reach this node: the search leaves it.</summary>
    public bool Ask { get; set; }

    /// <summary>
    /// Reads words in any order: digits are a postal code, the others say what is looked for and who pays.
    /// </summary>
    public static FappSearchRequest? Parse(ConsoleLine line)
    {
        var request = new FappSearchRequest();
        foreach (string word in line.Rest.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string lower = word.ToLowerInvariant();
            if (word.All(char.IsAsciiDigit))
                request.Plz = word;
            else if (lower is "praxis" or "video")
                request.Modality = lower;
            else if (lower is "sprechstunde" or "probatorik" or "akut" or "kurzzeit" or "langzeit")
                request.Type = lower;
            else if (lower is "vt" or "tp" or "ap" or "st" or "neuro")
                request.Procedure = word;
            else if (lower is "gkv" or "pkv" or "bg" or "sel" or "soz" or "bei" or "ke")
                request.Payer = word;
            else
                return null;
        }

        return request;
    }
}

/// <content><c>fapp-search</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-search</c>: looks for free slots; nobody is asked.</summary>
    public static CommandSpec<FappSearchRequest, FappSearchInfo> FappSearch { get; } = new(
        "fapp-search", CommandGroup.Fapp, "Looks for free slots in what this node has. Nobody is asked.",
        json => json.FappSearchInfo,
        new ArgumentList<FappSearchRequest>()
            .Option("plz", "DIGITS", "The postal code, or the first digits of it.", r => r.Plz, (r, v) => r.Plz = v)
            .Number("within", "KM", "How far from the postal code at most; it needs all five digits.", r => r.Within,
                (r, v) => r.Within = v)
            .Option("procedure", "P,...", "Of VT, TP, AP, ST, neuro; several with commas: any of them.",
                r => r.Procedure, (r, v) => r.Procedure = v)
            .Option("payer", "P,...", "Of GKV, PKV, BG, SEL, SOZ, BEI, KE; several with commas: any of them.",
                r => r.Payer, (r, v) => r.Payer = v)
            .Option("modality", "M,...", "Of praxis, video; several with commas: any of them.", r => r.Modality,
                (r, v) => r.Modality = v)
            .Option("type", "T,...",
                "Of sprechstunde, probatorik, akut, kurzzeit, langzeit; several with commas: any of them.", r => r.Type,
                (r, v) => r.Type = v)
            .Option("setting", "S", "single or group.", r => r.Setting, (r, v) => r.Setting = v)
            .Option("age", "A,...", "Of children, adolescents, adults; several with commas: any of them.", r => r.Age,
                (r, v) => r.Age = v)
            .Option("access", "A,...",
                "Of stepfree, lift, toilet, hearing, sight, parking; several with commas: all of them.", r => r.Access,
                (r, v) => r.Access = v)
            .Option("from", "TIME", "Not before: 2026-11-02, or with a time.", r => r.From, (r, v) => r.From = v)
            .Option("to", "TIME", "Not after: 2026-11-02, or with a time.", r => r.To, (r, v) => r.To = v)
            .Option("language", "L", "A language tag, such as de or gsg.", r => r.Language, (r, v) => r.Language = v)
            .Option("level", "L", "At least: card, practice, list or none; list unless it is set.", r => r.Level,
                (r, v) => r.Level = v)
            .Number("limit", "N", "How many slots at most; 50 unless it is set.", r => r.Limit, (r, v) => r.Limit = v)
            .Flag("ask", "Ask a relay too, where only radios reach this node: the search leaves it.", r => r.Ask,
                (r, v) => r.Ask = v))
    {
        Console = [new("/fapp search", "[PLZ] [TYPE] [PAYER]",
            "free slots; without words it asks three questions") { Parse = FappSearchRequest.Parse }],
        Rendering = FappSearchInfo.Show,
    };
}
