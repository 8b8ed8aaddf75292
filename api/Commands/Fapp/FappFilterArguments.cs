namespace QuicProChat.Mesh.Api;

/// <summary>The options by which slots are chosen.</summary>
internal static class FappFilterArguments
{
    /// <summary>Adds them.</summary>
    internal static ArgumentList<T> FappFilters<T>(this ArgumentList<T> arguments)
        where T : FappFilterRequest => arguments
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
                (r, v) => r.Level = v);
}
