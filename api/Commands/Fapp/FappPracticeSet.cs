namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-practice-set</c> takes.</summary>
public sealed record FappPracticeSetRequest
{
    /// <summary>Which of this node's practices: 0, unless it has several.</summary>
    public int? Place { get; set; }

    /// <summary>The name of the practice: at most 40 bytes.</summary>
    public string? Name { get; set; }

    /// <summary>How it is reached: at most 80 bytes.</summary>
    public string? Contact { get; set; }

    /// <summary>Its postal code: five digits.</summary>
    public string? Plz { get; set; }

    /// <summary>practice, mvz or clinic.</summary>
    public string? Provider { get; set; }

    /// <summary>pp, kjp, pt or arzt.</summary>
    public string? Profession { get; set; }

    /// <summary>Of VT, TP, AP, ST, neuro; several with commas.</summary>
    public string? Procedure { get; set; }

    /// <summary>Of GKV, PKV, BG, SEL, SOZ, BEI, KE; several with commas.</summary>
    public string? Payer { get; set; }

    /// <summary>Of children, adolescents, adults; several with commas.</summary>
    public string? Age { get; set; }

    /// <summary>Where slots are that say nothing: praxis, video or hybrid.</summary>
    public string? Modality { get; set; }

    /// <summary>Language tags, such as de or gsg; several with commas.</summary>
    public string? Language { get; set; }

    /// <summary>Of stepfree, lift, toilet, hearing, sight, parking; several with commas.</summary>
    public string? Access { get; set; }

    /// <summary>A link to a profile; patients see it as text.</summary>
    public string? Link { get; set; }

    /// <summary>How long requests are collected before one is drawn: 30m unless it is set.</summary>
    public string? Draw { get; set; }

    /// <summary>hand, or auto, which needs a PIN.</summary>
    public string? Confirm { get; set; }

    /// <summary>What requests have to carry; speak it on the answering machine. Empty: nothing.</summary>
    public string? Pin { get; set; }

    /// <summary>How hard the puzzle of a request is: 0 to 16.</summary>
    public int? Effort { get; set; }

    /// <summary>on or off: whether what patients write is kept. Off unless it is set.</summary>
    public string? Notes { get; set; }

    /// <summary>on or off: whether the question for a therapy place is answered.</summary>
    public string? Refusals { get; set; }
}

/// <content><c>fapp-practice-set</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-practice-set</c>: makes a practice, or changes it.</summary>
    public static CommandSpec<FappPracticeSetRequest, FappPracticeInfo> FappPracticeSet { get; } = new(
        "fapp-practice-set", CommandGroup.Fapp, "Makes a practice of this node, or changes what is set of it.",
        json => json.FappPracticeInfo,
        new ArgumentList<FappPracticeSetRequest>()
            .Number("place", "N", "Which of this node's practices: 0, unless it has several.", r => r.Place,
                (r, v) => r.Place = v)
            .Option("name", "NAME", "The name of the practice: at most 40 bytes.", r => r.Name, (r, v) => r.Name = v)
            .Option("contact", "TEXT", "How it is reached: at most 80 bytes.", r => r.Contact, (r, v) => r.Contact = v)
            .Option("plz", "PLZ", "Its postal code: five digits.", r => r.Plz, (r, v) => r.Plz = v)
            .Option("provider", "P", "practice, mvz or clinic.", r => r.Provider, (r, v) => r.Provider = v)
            .Option("profession", "P", "pp, kjp, pt or arzt.", r => r.Profession, (r, v) => r.Profession = v)
            .Option("procedure", "P,...", "Of VT, TP, AP, ST, neuro; several with commas.", r => r.Procedure,
                (r, v) => r.Procedure = v)
            .Option("payer", "P,...", "Of GKV, PKV, BG, SEL, SOZ, BEI, KE; several with commas.", r => r.Payer,
                (r, v) => r.Payer = v)
            .Option("age", "A,...", "Of children, adolescents, adults; several with commas.", r => r.Age,
                (r, v) => r.Age = v)
            .Option("modality", "M", "Where slots are that say nothing: praxis, video or hybrid.", r => r.Modality,
                (r, v) => r.Modality = v)
            .Option("language", "L,...", "Language tags, such as de or gsg; several with commas.", r => r.Language,
                (r, v) => r.Language = v)
            .Option("access", "A,...", "Of stepfree, lift, toilet, hearing, sight, parking; several with commas.",
                r => r.Access, (r, v) => r.Access = v)
            .Option("link", "URI", "A link to a profile; patients see it as text.", r => r.Link, (r, v) => r.Link = v)
            .Option("draw", "TIME", "How long requests are collected before one is drawn: 30m unless it is set.",
                r => r.Draw, (r, v) => r.Draw = v)
            .Option("confirm", "HOW", "hand, or auto, which needs a PIN.", r => r.Confirm, (r, v) => r.Confirm = v)
            .Option("pin", "PIN", "What requests have to carry; speak it on the answering machine. Empty: nothing.",
                r => r.Pin, (r, v) => r.Pin = v)
            .Number("effort", "BITS", "How hard the puzzle of a request is: 0 to 16.", r => r.Effort,
                (r, v) => r.Effort = v)
            .Option("notes", "ON", "on or off: whether what patients write is kept. Off unless it is set.",
                r => r.Notes, (r, v) => r.Notes = v)
            .Option("refusals", "ON", "on or off: whether the question for a therapy place is answered.",
                r => r.Refusals, (r, v) => r.Refusals = v))
    {
        Under = "practice",
        IsBrief = true,
    };
}
