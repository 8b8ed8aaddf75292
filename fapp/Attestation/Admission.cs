using System.Formats.Asn1;
using System.Text;

namespace QuicProChat.Mesh.Fapp.Attestation;

// Common PKI (ISIS-MTT) 2.0, part 1, table 29; extension 1.3.36.8.3.3:
//
// AdmissionSyntax  ::= SEQUENCE { admissionAuthority GeneralName OPTIONAL, contentsOfAdmissions SEQUENCE OF Admissions
// }
//  Admissions       ::= SEQUENCE { admissionAuthority [0] EXPLICIT GeneralName OPTIONAL,
//                                  namingAuthority [1] EXPLICIT NamingAuthority OPTIONAL,
//                                  professionInfos SEQUENCE OF ProfessionInfo }
//  ProfessionInfo   ::= SEQUENCE { namingAuthority [0] EXPLICIT NamingAuthority OPTIONAL,
//                                  professionItems SEQUENCE OF DirectoryString,
//                                  professionOIDs SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
// registrationNumber PrintableString OPTIONAL, addProfessionInfo OCTET STRING OPTIONAL }

/// <summary>What a card's Admission extension says of its holder.</summary>
/// <param name="Professions">Object identifiers of professions or institutions.</param>
/// <param name="TelematikId">The holder's number in the health care's network; empty if it names none.</param>
internal sealed record Admission(IReadOnlyList<string> Professions, string TelematikId)
{
    // Arbitrary: cards have one.
    private const int MaxProfessions = 16;

    /// <summary>Longest Telematik-ID that is read (gemSpec_PKI allows 128 characters).</summary>
    private const int MaxTelematikId = 128;

    private static readonly Asn1Tag AuthorityTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag NamingTag = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <summary>Reads the extension's value.</summary>
    /// <exception cref="AsnContentException">It is not of the form above.</exception>
    internal static Admission Read(ReadOnlyMemory<byte> value)
    {
        var professions = new List<string>();
        string telematikId = "";
        AsnReader syntax = new AsnReader(value, AsnEncodingRules.DER).ReadSequence();
        if (syntax.PeekTag().TagClass == TagClass.ContextSpecific)
            syntax.ReadEncodedValue();
        AsnReader contents = syntax.ReadSequence();
        while (contents.HasData)
        {
            AsnReader admissions = contents.ReadSequence();
            SkipIf(admissions, AuthorityTag);
            SkipIf(admissions, NamingTag);
            AsnReader infos = admissions.ReadSequence();
            while (infos.HasData)
                ReadInfo(infos.ReadSequence(), professions, ref telematikId);
        }

        return new Admission(professions, telematikId);
    }

    private static void ReadInfo(AsnReader info, List<string> professions, ref string telematikId)
    {
        SkipIf(info, AuthorityTag);
        info.ReadSequence();
        if (info.HasData && info.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            AsnReader oids = info.ReadSequence();
            while (oids.HasData)
            {
                string oid = oids.ReadObjectIdentifier();
                if (professions.Count < MaxProfessions)
                    professions.Add(oid);
            }
        }

        // Its string type and its characters are seldom those of the standard: the bytes are what counts.
        if (!info.HasData || info.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString))
            return;
        AsnDecoder.ReadEncodedValue(info.PeekEncodedValue().Span, AsnEncodingRules.DER, out int offset,
            out int length, out _);
        if (length <= MaxTelematikId && telematikId.Length == 0)
            telematikId = Encoding.Latin1.GetString(info.PeekEncodedValue().Span.Slice(offset, length));
    }

    private static void SkipIf(AsnReader reader, Asn1Tag tag)
    {
        if (reader.HasData && reader.PeekTag().HasSameClassAndValue(tag))
            reader.ReadEncodedValue();
    }
}
