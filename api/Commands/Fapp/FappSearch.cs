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
            .FappFilters()
            .Number("limit", "N", "How many slots at most; 50 unless it is set.", r => r.Limit, (r, v) => r.Limit = v)
            .Flag("ask", "Ask a relay too, where only radios reach this node: the search leaves it.", r => r.Ask,
                (r, v) => r.Ask = v))
    {
        Console = [new("/fapp search", "[PLZ] [TYPE] [PAYER]",
            "free slots; without words it asks three questions") { Parse = FappSearchRequest.Parse }],
        Rendering = FappSearchInfo.Show,
    };
}
