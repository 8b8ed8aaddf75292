namespace QuicProChat.Mesh.Api;

/// <summary>What a search for slots takes, once or for good. It never leaves the node.</summary>
public abstract record FappFilterRequest
{
    /// <summary>The postal code, or the first digits of it.</summary>
    public string? Plz { get; set; }

    /// <summary>How far from the postal code at most; it needs all five digits.</summary>
    public int? Within { get; set; }

    /// <summary>Of VT, TP, AP, ST, neuro; several with commas: any of them.</summary>
    public string? Procedure { get; set; }

    /// <summary>Of GKV, PKV, BG, SEL, SOZ, BEI, KE; several with commas: any of them.</summary>
    public string? Payer { get; set; }

    /// <summary>Of praxis, video; several with commas: any of them.</summary>
    public string? Modality { get; set; }

    /// <summary>Of sprechstunde, probatorik, akut, kurzzeit, langzeit; several with commas: any of them.</summary>
    public string? Type { get; set; }

    /// <summary>single or group.</summary>
    public string? Setting { get; set; }

    /// <summary>Of children, adolescents, adults; several with commas: any of them.</summary>
    public string? Age { get; set; }

    /// <summary>Of stepfree, lift, toilet, hearing, sight, parking; several with commas: all of them.</summary>
    public string? Access { get; set; }

    /// <summary>Not before: 2026-11-02, or with a time.</summary>
    public string? From { get; set; }

    /// <summary>Not after: 2026-11-02, or with a time.</summary>
    public string? To { get; set; }

    /// <summary>A language tag, such as de or gsg.</summary>
    public string? Language { get; set; }

    /// <summary>At least: card, practice, list or none; list unless it is set.</summary>
    public string? Level { get; set; }
}
