namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>What a patient wants with a slot.</summary>
public enum SlotVerb : byte
{
    /// <summary>To have it.</summary>
    Reserve = 1,

    /// <summary>To keep it: the answer to an offer, or the word that the person comes.</summary>
    Acknowledge = 2,

    /// <summary>To give it back.</summary>
    Cancel = 3,
}

/// <summary>How a patient asks; a bit set.</summary>
[Flags]
public enum SlotFlags : byte
{
    /// <summary>Plainly.</summary>
    None = 0,

    /// <summary>Drawn, the patient is asked before the slot is booked.</summary>
    AskFirst = 1,

    /// <summary>The patient asks for a therapy place, and wants a refusal in writing.</summary>
    AsksForPlace = 2,

    /// <summary>Form PTV 11 recommends acute treatment or probatory sessions. No code of it travels.</summary>
    IsRecommended = 4,
}
