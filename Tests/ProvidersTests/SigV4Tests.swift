import Support
import Testing

@testable import Providers

/// Cases of AWS's published `aws-sig-v4-test-suite`.
@Suite struct SigV4Tests {
    private let key = AWSAccessKey(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    /// 2015-08-30T12:36:00Z.
    private let now: Int64 = 1_440_938_160_000

    private func authorization(_ method: String, _ path: String, fields: [HTTPField] = [], body: String = "") throws
        -> String
    {
        var call = HTTPCall(
            method: method, url: "https://example.amazonaws.com" + path, headers: HTTPFields(fields),
            body: Array(body.utf8))
        try SigV4.sign(&call, key: key, region: "us-east-1", service: "service", nowMs: now)
        return call.headers["authorization"] ?? ""
    }

    @Test func `get-vanilla is signed as published`() throws {
        #expect(
            try authorization("GET", "/")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
    }

    @Test func `post-vanilla and ordered query parameters are signed as published`() throws {
        #expect(
            try authorization("POST", "/").hasSuffix("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
        )
        #expect(
            try authorization("GET", "/?Param2=value2&Param1=value1")
                .hasSuffix("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
    }

    @Test func `a form body is signed as published`() throws {
        let field = HTTPField("Content-Type", "application/x-www-form-urlencoded")
        #expect(
            try authorization("POST", "/", fields: [field], body: "Param1=value1")
                .hasSuffix("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"))
    }

    @Test func `a model id is encoded once in the address and once more for the signature`() throws {
        var plain = HTTPCall(url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%3A0/converse-stream")
        var other = HTTPCall(url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/a:0/converse-stream")
        try SigV4.sign(&plain, key: key, region: "us-east-1", service: "bedrock", nowMs: now)
        try SigV4.sign(&other, key: key, region: "us-east-1", service: "bedrock", nowMs: now)
        #expect(plain.headers["authorization"] != other.headers["authorization"])
        #expect(plain.headers["x-amz-date"] == "20150830T123600Z")
    }

    @Test func `a session token is sent and signed, and no key is printed`() throws {
        var call = HTTPCall(url: "https://example.amazonaws.com/")
        let temporary = AWSAccessKey(accessKeyID: "AKID", secretAccessKey: "SECRET", sessionToken: "TOKEN")
        try SigV4.sign(&call, key: temporary, region: "eu-west-1", service: "bedrock", nowMs: now)
        #expect(call.headers["x-amz-security-token"] == "TOKEN")
        #expect(call.headers["authorization"]?.contains("SignedHeaders=host;x-amz-date;x-amz-security-token") == true)
        #expect(!"\(temporary) \(ProviderSecret.aws(temporary))".contains("SECRET"))
    }

    @Test func `dates are right over leap years`() {
        #expect(HTTPDate.amzDate(unixMs: 0) == "19700101T000000Z")
        #expect(HTTPDate.amzDate(unixMs: 951_782_400_000) == "20000229T000000Z")
        #expect(HTTPDate.amzDate(unixMs: 1_709_251_199_999) == "20240229T235959Z")
        #expect(HTTPDate.unixSeconds("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
    }

    @Test func `base64 and CRC match known values`() {
        #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
        #expect(Base64.encode(Array("any carnal pleasu".utf8)) == "YW55IGNhcm5hbCBwbGVhc3U=")
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    }
}
